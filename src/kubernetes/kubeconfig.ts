import { readFile } from 'node:fs/promises';
import { delimiter, dirname, join, resolve } from 'node:path';
import { Failure } from '../core/failure.ts';
import { isMissingFile } from '../core/missing-file.ts';
import { nearest } from '../core/nearest.ts';
import { proxyFor } from '../core/proxy.ts';
import { flagAt, isUntyped, listAt, mappingAt, textAt, textsAt, type Untyped } from '../core/untyped.ts';
import { readYamlDocuments } from '../core/yaml-documents.ts';
import type { ClientCertificate, ClusterConfig, ClusterUser, CredentialPlugin, Proof } from './cluster-config.ts';

export interface KubeconfigOptions {
  /** The one file that counts; undefined: those of KUBECONFIG, else ~/.kube/config. */
  readonly path: string | undefined;
  /** undefined: the current context. */
  readonly context: string | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly home: string;
}

/**
 * The cluster that kubectl would use.
 * @returns  undefined when there is no kubeconfig, or none that holds anything
 * @throws {Failure} KUBECONFIG_INVALID
 * @see Kubernetes, "Organizing Cluster Access Using kubeconfig Files"
 */
export async function readKubeconfig(options: KubeconfigOptions): Promise<ClusterConfig | undefined> {
  const files = await readAll(options);
  const name = options.context ?? files.map(({ root }) => textAt(root, 'current-context')).find(Boolean);
  if (files.every(({ root }) => listAt(root, 'contexts').length === 0) && name === undefined) return undefined;
  const where = files.map(({ path }) => path).join(', ');
  if (name === undefined) throw invalid(where, 'names no current context', 'kubectl config use-context, or --context');
  const context = contextNamed(files, name, where);
  const cluster = entry(files, 'clusters', 'cluster', textAt(context.value, 'cluster') ?? '', where);
  const user = textAt(context.value, 'user');
  return {
    source: `context ${name} of ${context.path}`,
    namespace: textAt(context.value, 'namespace') || 'default',
    ...(await readCluster(cluster, options.env)),
    user: user
      ? await readUser(entry(files, 'users', 'user', user, where))
      : { proof: { kind: 'none' }, impersonation: {} },
  };
}

interface ReadFile {
  readonly path: string;
  readonly root: Untyped;
}

/** Of the files that a variable lists, some may be missing; a file that was named may not. */
async function readAll({ path, env, home }: KubeconfigOptions): Promise<readonly ReadFile[]> {
  if (path !== undefined) return [await readOne(path)];
  const listed = (env['KUBECONFIG'] ?? '').split(delimiter).filter((one) => one !== '');
  const paths = listed.length > 0 ? listed : [join(home, '.kube/config')];
  const read = paths.map((one) => readOne(one).catch(absent));
  return (await Promise.all(read)).filter((file) => file !== undefined);
}

function absent(error: unknown): undefined {
  const cause = error instanceof Failure ? error.cause : undefined;
  if (isMissingFile(cause)) return undefined;
  throw error;
}

async function readOne(path: string): Promise<ReadFile> {
  const text = await contentOf(resolve(path), path);
  const [document, ...more] = readYamlDocuments(text);
  if (document === undefined) return { path, root: {} };
  if (!document.ok)
    throw invalid(path, `is not YAML at line ${document.line}: ${document.problem}`, 'correct the file');
  if (more.length > 0) throw invalid(path, 'holds several documents', 'write one');
  return { path, root: isUntyped(document.value) ? document.value : {} };
}

/** One entry of a list of names, from the first file that has it: `contexts`, `clusters`, `users`. */
interface Entry {
  /** The file, from whose folder relative paths start. */
  readonly path: string;
  /** "user admin", for messages. */
  readonly title: string;
  readonly value: Untyped;
}

function entry(files: readonly ReadFile[], list: string, key: string, name: string, where: string): Entry {
  for (const { path, root } of files) {
    const found = listAt(root, list)
      .filter(isUntyped)
      .find((one) => textAt(one, 'name') === name);
    if (found) return { path, title: `${key} ${name}`, value: mappingAt(found, key) };
  }
  throw invalid(where, `there is no ${key} ${name}`, 'correct the context, or choose another with --context');
}

function contextNamed(files: readonly ReadFile[], name: string, where: string): Entry {
  const names = files.flatMap(({ root }) =>
    listAt(root, 'contexts')
      .filter(isUntyped)
      .map((one) => textAt(one, 'name') ?? ''),
  );
  if (names.includes(name)) return entry(files, 'contexts', 'context', name, where);
  const meant = nearest(name, names) ?? 'one of those that `kubectl config get-contexts` lists';
  throw invalid(where, `there is no context ${name}`, `use ${meant}`);
}

async function readCluster(cluster: Entry, env: KubeconfigOptions['env']): Promise<ClusterAddress> {
  const { value, path, title } = cluster;
  const text = textAt(value, 'server') ?? '';
  const url = URL.parse(text);
  if (url === null || !/^https?:$/.test(url.protocol)) {
    throw invalid(path, `${title} has no server that is a URL`, 'write server: https://host:port');
  }
  if (url.username !== '' || url.password !== '') {
    throw invalid(path, `${title} has credentials in its server's URL`, 'write them as a user of the kubeconfig');
  }
  const server = url.href.replace(/\/$/, '');
  const ca = await dataOrFile(cluster, 'certificate-authority');
  const proxy = textAt(value, 'proxy-url') || proxyFor(server, {}, env);
  if (proxy !== undefined && !/^(?:https?|socks5h?):$/.test(URL.parse(proxy)?.protocol ?? '')) {
    const fix = 'name an HTTP or SOCKS5 proxy in proxy-url';
    throw invalid(path, `the proxy of ${title} is not http://, https:// or socks5://`, fix);
  }
  const serverName = textAt(value, 'tls-server-name');
  return {
    server,
    isInsecure: flagAt(value, 'insecure-skip-tls-verify'),
    ...(ca === undefined ? {} : { ca }),
    ...(serverName ? { serverName } : {}),
    ...(proxy === undefined ? {} : { proxy }),
  };
}

type ClusterAddress = Pick<ClusterConfig, 'server' | 'isInsecure' | 'ca' | 'serverName' | 'proxy'>;

async function readUser(user: Entry): Promise<ClusterUser> {
  const certificate = await readCertificate(user);
  return {
    proof: readProof(user),
    ...(certificate ? { certificate } : {}),
    impersonation: readImpersonation(user.value),
  };
}

async function readCertificate(user: Entry): Promise<ClientCertificate | undefined> {
  const certificate = await dataOrFile(user, 'client-certificate');
  const key = await dataOrFile(user, 'client-key');
  if (certificate === undefined && key === undefined) return undefined;
  if (certificate !== undefined && key !== undefined) return { certificate, key };
  throw invalid(user.path, `${user.title} has a certificate without its key, or the reverse`, 'write both');
}

/** A token in the file counts before one in another file, as for kubectl a file before a text. */
function readProof({ value, path, title }: Entry): Proof {
  if (isUntyped(value['auth-provider'])) {
    const fix = 'use a credential plugin instead (exec), as the provider of your cluster describes';
    throw invalid(path, `${title} has an auth-provider, which is no longer supported`, fix);
  }
  const [tokenFile, token] = [textAt(value, 'tokenFile'), textAt(value, 'token')];
  if (tokenFile) return { kind: 'token-file', path: resolve(dirname(path), tokenFile) };
  if (token) return { kind: 'token', token };
  if (isUntyped(value['exec'])) return { kind: 'plugin', plugin: readPlugin(value['exec'], path, title) };
  const username = textAt(value, 'username');
  if (username) return { kind: 'basic', username, password: textAt(value, 'password') ?? '' };
  return { kind: 'none' };
}

const PLUGIN_VERSIONS = ['client.authentication.k8s.io/v1', 'client.authentication.k8s.io/v1beta1'];

function readPlugin(exec: Untyped, path: string, title: string): CredentialPlugin {
  const apiVersion = textAt(exec, 'apiVersion') ?? '';
  const command = textAt(exec, 'command') ?? '';
  if (!PLUGIN_VERSIONS.includes(apiVersion)) {
    const fix = `write apiVersion: ${PLUGIN_VERSIONS.join(' or ')}`;
    throw invalid(path, `the credential plugin of ${title} has an unknown apiVersion`, fix);
  }
  if (command === '') throw invalid(path, `the credential plugin of ${title} has no command`, 'write its command');
  const installHint = textAt(exec, 'installHint');
  const env = listAt(exec, 'env').filter(isUntyped);
  return {
    apiVersion,
    command: command.includes('/') ? resolve(dirname(path), command) : command,
    args: textsAt(exec, 'args'),
    env: Object.fromEntries(env.map((one) => [textAt(one, 'name') ?? '', textAt(one, 'value') ?? ''])),
    wantsCluster: flagAt(exec, 'provideClusterInfo'),
    ...(installHint ? { installHint } : {}),
  };
}

/** @see Kubernetes, "User impersonation" */
function readImpersonation(user: Untyped): ClusterUser['impersonation'] {
  const [name, uid] = [textAt(user, 'as'), textAt(user, 'as-uid')];
  const groups = textsAt(user, 'as-groups');
  const extra = Object.keys(mappingAt(user, 'as-user-extra')).map((key) => {
    return [`impersonate-extra-${encodeURIComponent(key)}`, textsAt(mappingAt(user, 'as-user-extra'), key)] as const;
  });
  return {
    ...(name ? { 'impersonate-user': name } : {}),
    ...(uid ? { 'impersonate-uid': uid } : {}),
    ...(groups.length > 0 ? { 'impersonate-group': groups } : {}),
    ...Object.fromEntries(extra),
  };
}

/** `key-data`, which is base64, counts before the file that `key` names. */
async function dataOrFile({ value, path, title }: Entry, key: string): Promise<string | undefined> {
  const data = textAt(value, `${key}-data`);
  if (data) return Buffer.from(data, 'base64').toString('utf8');
  const file = textAt(value, key);
  return file ? await contentOf(resolve(dirname(path), file), `${key} of ${title} in ${path}`) : undefined;
}

async function contentOf(file: string, object: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
    const message = isMissingFile(error) ? 'there is no such file' : `cannot be read (${code})`;
    throw new Failure('KUBECONFIG_INVALID', message, {
      fix: 'name a file that is there and may be read',
      object,
      cause: error,
    });
  }
}

function invalid(object: string, message: string, fix: string): Failure {
  return new Failure('KUBECONFIG_INVALID', message, { fix, object });
}
