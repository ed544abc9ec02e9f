import { spawn } from 'node:child_process';
import { Failure } from '../core/failure.ts';
import { mappingAt, textAt } from '../core/untyped.ts';
import type { ClientCertificate, ClusterConfig, CredentialPlugin } from './cluster-config.ts';
import { parseObject } from './parse-object.ts';

/** What a plugin printed. */
export interface PluginCredential {
  readonly token?: string;
  readonly certificate?: ClientCertificate;
  /** Milliseconds since 1970, from when on it is no good; undefined: until it is refused. */
  readonly expiresMs?: number;
}

const MOST_OUTPUT_BYTES = 1024 * 1024;
/** A person may have to answer in a browser. */
const TIMEOUT_MS = 120_000;

/**
 * Asks a credential plugin. It shares standard error and, on a terminal, standard input, so that it can ask a person.
 * @throws {Failure} CLUSTER_UNAUTHORIZED without what it printed, which may be a secret; ABORTED
 * @see Kubernetes, "Authentication", client-go credential plugins
 */
export async function askPlugin(
  plugin: CredentialPlugin,
  cluster: Omit<ClusterConfig, 'user'>,
  env: Readonly<Record<string, string | undefined>>,
  signal: AbortSignal,
): Promise<PluginCredential> {
  const isInteractive = process.stdin.isTTY === true;
  const info = { apiVersion: plugin.apiVersion, kind: 'ExecCredential', spec: specFor(plugin, cluster, isInteractive) };
  const environment = { ...env, ...plugin.env, KUBERNETES_EXEC_INFO: JSON.stringify(info) };
  const output = await outputOf(plugin, environment, isInteractive, signal);
  const credential = parseCredential(output, plugin.apiVersion);
  if (credential !== undefined) return credential;
  throw failed(plugin, 'printed no credential of the version that the kubeconfig asks for', 'update it');
}

function specFor(plugin: CredentialPlugin, cluster: Omit<ClusterConfig, 'user'>, interactive: boolean): object {
  if (!plugin.wantsCluster) return { interactive };
  const { server, ca, isInsecure, serverName, proxy } = cluster;
  return {
    interactive,
    cluster: {
      server,
      'insecure-skip-tls-verify': isInsecure,
      ...(ca === undefined ? {} : { 'certificate-authority-data': Buffer.from(ca).toString('base64') }),
      ...(serverName === undefined ? {} : { 'tls-server-name': serverName }),
      ...(proxy === undefined ? {} : { 'proxy-url': proxy }),
    },
  };
}

function outputOf(
  plugin: CredentialPlugin,
  env: Readonly<Record<string, string | undefined>>,
  isInteractive: boolean,
  signal: AbortSignal,
): Promise<string> {
  const limit = AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]);
  const stdin = isInteractive ? 'inherit' : 'ignore';
  const child = spawn(plugin.command, plugin.args, {
    env: { ...env },
    stdio: [stdin, 'pipe', 'inherit'],
    signal: limit,
  });
  return new Promise<string>((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    child.stdout.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size > MOST_OUTPUT_BYTES) child.kill();
      else chunks.push(chunk);
    });
    child.once('error', (error) => reject(notRun(plugin, error, signal)));
    child.once('close', (code) => {
      if (code === 0) resolve(Buffer.concat(chunks).toString('utf8'));
      else reject(failed(plugin, `ended with ${code ?? 'a signal'}`, 'see what it says above; log in again'));
    });
  });
}

function notRun(plugin: CredentialPlugin, error: Error, signal: AbortSignal): Failure {
  if (signal.aborted) return new Failure('ABORTED', `stopped while ${plugin.command} ran`, { fix: 'run it again' });
  if (error.name === 'AbortError') {
    return failed(plugin, `did not end within ${TIMEOUT_MS / 1000} s`, 'run it by hand, to see what it waits for');
  }
  return failed(plugin, 'cannot be run', plugin.installHint ?? 'install it, or put it on the PATH');
}

function failed(plugin: CredentialPlugin, problem: string, fix: string): Failure {
  return new Failure('CLUSTER_UNAUTHORIZED', `the credential plugin ${plugin.command} ${problem}`, {
    fix,
    retry: { kind: 'backoff' },
  });
}

function parseCredential(output: string, apiVersion: string): PluginCredential | undefined {
  const printed = parseObject(output);
  if (printed === undefined || textAt(printed, 'apiVersion') !== apiVersion) return undefined;
  const status = mappingAt(printed, 'status');
  const token = textAt(status, 'token');
  const certificate = textAt(status, 'clientCertificateData');
  const key = textAt(status, 'clientKeyData');
  if (!token && !(certificate && key)) return undefined;
  const expiresMs = Date.parse(textAt(status, 'expirationTimestamp') ?? '');
  return {
    ...(token ? { token } : {}),
    ...(certificate && key ? { certificate: { certificate, key } } : {}),
    ...(Number.isNaN(expiresMs) ? {} : { expiresMs }),
  };
}
