import { Failure } from '../core/failure.ts';
import type { KeyValueObject } from '../ports/application-source.ts';
import type { BranchRef } from '../ports/git.ts';
import type { Remote } from './remote-url.ts';

/** How git proves who it is. `source` is named in messages; the values never are. */
export type Credential =
  | { readonly kind: 'password'; readonly username: string; readonly password: string; readonly source: string }
  /** The user's own credential helpers, netrc or ssh. `passedOver` is a Secret of a kind that is not read yet. */
  | { readonly kind: 'own'; readonly passedOver?: string };

export interface CredentialSources {
  readonly secrets: readonly KeyValueObject[];
  /** Where Argo CD keeps its repository Secrets. */
  readonly argocdNamespace: string;
  readonly env: Readonly<Record<string, string | undefined>>;
}

const SECRET_TYPE = 'argocd.argoproj.io/secret-type';
// Any of these and a repository Secret takes nothing from a template (reference argocd, 3.2).
const CREDENTIAL_KEYS = [
  'username',
  'password',
  'bearerToken',
  'sshPrivateKey',
  'tlsClientCertData',
  'tlsClientCertKey',
  'githubAppPrivateKey',
  'gcpServiceAccountKey',
  'useAzureWorkloadIdentity',
  'azureServicePrincipalClientSecret',
];

/**
 * The first that there is: the Secret that write-back-method names, the repoURL's own user and password, Argo CD's
 * repository Secrets, TIPHYS_GIT_USERNAME and TIPHYS_GIT_PASSWORD for the host in TIPHYS_GIT_HOST, the user's own.
 * @throws {Failure} CREDENTIALS_INVALID
 */
export function chooseCredential(
  remote: Remote,
  ref: Pick<BranchRef, 'repoURL' | 'secret' | 'project'>,
  sources: CredentialSources,
): Credential {
  if (ref.secret !== undefined) return namedSecret(remote, ref.secret, sources.secrets);
  if (remote.password !== undefined) {
    return password(remote.username, remote.password, 'the repoURL');
  }
  const secret = argocdSecret(ref, sources);
  const fromSecret = secret === undefined ? undefined : usable(remote, secret);
  if (fromSecret !== undefined) return fromSecret;
  const fromEnvironment = environmentCredential(remote, sources.env);
  if (fromEnvironment !== undefined) return fromEnvironment;
  return secret === undefined ? { kind: 'own' } : { kind: 'own', passedOver: nameOf(secret) };
}

function namedSecret(remote: Remote, name: string, secrets: readonly KeyValueObject[]): Credential {
  const secret = secrets.find((one) => `${one.namespace}/${one.name}` === name);
  if (secret === undefined) {
    throw new Failure('CREDENTIALS_INVALID', `there is no Secret ${name}`, {
      fix: `give the Secret ${name} with -f, or correct write-back-method`,
    });
  }
  const credential = usable(remote, secret);
  if (credential !== undefined) return credential;
  throw new Failure('CREDENTIALS_INVALID', `the Secret ${name} holds nothing that can be used for ${remote.url}`, {
    fix: `put username and password into the Secret ${name}, and use an http:// or https:// repoURL`,
  });
}

function usable(remote: Remote, secret: KeyValueObject): Credential | undefined {
  const value = secret.data['password'] ?? '';
  if (remote.kind !== 'http' || value === '') return undefined;
  return password(secret.data['username'], value, nameOf(secret));
}

/** Hosts that take a token as password ask for any user name; Argo CD and upstream send this one. */
function password(username: string | undefined, value: string, source: string): Credential {
  const user = username === undefined || username === '' ? 'x-access-token' : username;
  if (/[\0\r\n]/.test(user) || /[\0\r\n]/.test(value)) {
    throw new Failure('CREDENTIALS_INVALID', `the user name or password in ${source} has a line break`, {
      fix: `write ${source} again without the line break (printf instead of echo)`,
    });
  }
  return { kind: 'password', username: user, password: value, source };
}

function nameOf(secret: KeyValueObject): string {
  return `the Secret ${secret.namespace}/${secret.name}`;
}

/** Argo CD's choice for a repository, but that a template matches only up to a "/", never in the middle of a name. */
function argocdSecret(
  { repoURL, project }: Pick<BranchRef, 'repoURL' | 'project'>,
  { secrets, argocdNamespace }: CredentialSources,
): KeyValueObject | undefined {
  const wanted = normalizeRepoURL(repoURL);
  const ofType = (type: string) => secrets.filter((secret) => isOfType(secret, type, argocdNamespace));
  const same = ofType('repository').filter(({ data }) => normalizeRepoURL(data['url'] ?? '') === wanted);
  const repository =
    same.find(({ data }) => data['project'] === project) ?? same.find(({ data }) => (data['project'] ?? '') === '');
  if (repository !== undefined && holdsCredential(repository)) return repository;
  return ofType('repo-creds')
    .filter(({ data }) => isPathPrefix(normalizeRepoURL(data['url'] ?? ''), wanted))
    .sort((a, b) => normalizeRepoURL(b.data['url'] ?? '').length - normalizeRepoURL(a.data['url'] ?? '').length)[0];
}

/** Whether Argo CD would take it for the credential of some Git repository. */
export function isArgocdCredential(secret: KeyValueObject, argocdNamespace: string): boolean {
  const isOurs = ['repository', 'repo-creds'].some((type) => isOfType(secret, type, argocdNamespace));
  return isOurs && holdsCredential(secret);
}

function isOfType({ namespace, labels, data }: KeyValueObject, type: string, argocdNamespace: string): boolean {
  return namespace === argocdNamespace && labels[SECRET_TYPE] === type && ['git', ''].includes(data['type'] ?? '');
}

function holdsCredential({ data }: KeyValueObject): boolean {
  return CREDENTIAL_KEYS.some((key) => (data[key] ?? '') !== '');
}

function isPathPrefix(prefix: string, url: string): boolean {
  if (prefix === '') return false;
  return url === prefix || url.startsWith(prefix.endsWith('/') ? prefix : `${prefix}/`);
}

/** The text by which Argo CD compares repository URLs (reference argocd, 3.3). */
export function normalizeRepoURL(url: string): string {
  const text = url.trim().toLowerCase();
  const isUrl = text.includes('://');
  const path = isUrl || !/^[^/]+@[^/]+:/.test(text) ? text : text.replace(':', '/');
  return path.replace(/\.git$/, '').replace(/^ssh:\/\//, '');
}

function environmentCredential(
  remote: Remote,
  env: Readonly<Record<string, string | undefined>>,
): Credential | undefined {
  const host = env['TIPHYS_GIT_HOST']?.trim().toLowerCase() ?? '';
  if (host === '' || remote.origin === undefined || !namesHost(host, new URL(remote.origin))) return undefined;
  const value = env['TIPHYS_GIT_PASSWORD'] ?? '';
  if (value !== '') return password(env['TIPHYS_GIT_USERNAME'], value, 'TIPHYS_GIT_PASSWORD');
  throw new Failure('CREDENTIALS_INVALID', `TIPHYS_GIT_HOST names ${host}, but TIPHYS_GIT_PASSWORD is not set`, {
    fix: 'set TIPHYS_GIT_USERNAME and TIPHYS_GIT_PASSWORD, or unset TIPHYS_GIT_HOST',
  });
}

/** A host without port means the scheme's own port. */
function namesHost(host: string, { host: shortHost, hostname, port, protocol }: URL): boolean {
  const effectivePort = port === '' ? (protocol === 'https:' ? '443' : '80') : port;
  return host === shortHost || host === `${hostname}:${effectivePort}`;
}
