import { createPrivateKey, X509Certificate } from 'node:crypto';
import { Failure } from '../../core/failure.ts';
import { isLinkLocal } from '../../core/link-local.ts';
import type { KeyValueObject } from '../../core/objects/key-value-object.ts';
import { proxyFor } from '../../core/proxy.ts';
import type { BranchRef } from '../../ports/git.ts';
import { type Remote, sshAddress } from '../remote-url.ts';
import type { Connection } from './connection.ts';
import type { Credential, RepositorySecret } from './credential.ts';
import { credentialKinds } from './index.ts';
import { TOKEN_USER } from './kinds/password.ts';
import { findRepositorySecret, holdsCredential } from './repository-secrets.ts';
import { checkBooleans, hasControl, invalidSecret, isTrue, nameOf, textOf } from './secret-fields.ts';

export interface CredentialSources {
  readonly secrets: readonly KeyValueObject[];
  /** Where Argo CD keeps its repository Secrets. */
  readonly argocdNamespace: string;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** What opens a repository, and how it is reached. */
export interface Choice {
  readonly credential: Credential;
  readonly connection: Connection;
}

/** For people, in the place of a Secret's name. */
export const OWN_GIT = 'your own git';

/**
 * The first that there is: the Secret that write-back-method names, the repoURL's own user and password, Argo CD's
 * repository Secrets, TIPHYS_GIT_USERNAME and TIPHYS_GIT_PASSWORD for the host in TIPHYS_GIT_HOST, the user's own.
 * Nobody is asked for anything.
 * @throws {Failure} CREDENTIALS_INVALID
 */
export function chooseCredential(
  remote: Remote,
  ref: Pick<BranchRef, 'repoURL' | 'secret' | 'project'>,
  sources: CredentialSources,
): Choice {
  const secret =
    ref.secret === undefined ? findRepositorySecret(ref, sources) : namedSecret(ref.secret, remote, sources);
  const connection = secret === undefined ? { isInsecure: false } : readConnection(secret, remote);
  const held = secret === undefined ? undefined : readCredential(secret, remote);
  if (ref.secret !== undefined && held === undefined) throw holdsNothing(ref.secret, remote);
  const credential =
    (ref.secret === undefined ? fromUrl(remote) : undefined) ?? held ?? fromEnvironment(remote, sources.env);
  if (credential !== undefined) return { credential, connection };
  if (secret !== undefined) refuseOwnSshProxy(secret, remote, connection);
  const passedOver = secret !== undefined && holdsCredential(secret.data) ? { passedOver: secret.source } : {};
  return { credential: { kind: 'own', ...passedOver }, connection };
}

/** Whether a named Secret holds anything for an address. */
export function opens(secret: string, remote: Remote, sources: CredentialSources): boolean {
  return readCredential(namedSecret(secret, remote, sources), remote) !== undefined;
}

function namedSecret(name: string, remote: Remote, { secrets, argocdNamespace }: CredentialSources): RepositorySecret {
  const secret = secrets.find((one) => `${one.namespace}/${one.name}` === name);
  if (secret === undefined) {
    throw new Failure('CREDENTIALS_INVALID', `there is no Secret ${name} for ${remote.url}`, {
      fix: `give the Secret ${name} with -f, or correct write-back-method`,
    });
  }
  checkBooleans(secret);
  return { source: nameOf(secret), data: secret.data, isArgocds: secret.namespace === argocdNamespace };
}

function holdsNothing(name: string, { url, kind }: Remote): Failure {
  return new Failure('CREDENTIALS_INVALID', `the Secret ${name} holds nothing that can be used for ${url}`, {
    fix:
      kind === 'ssh'
        ? `put sshPrivateKey into the Secret ${name}, or use an https:// repoURL`
        : `put username and password into the Secret ${name}, and use an https:// repoURL`,
  });
}

function readCredential(secret: RepositorySecret, remote: Remote): Credential | undefined {
  for (const kind of credentialKinds.filter(({ opens }) => opens === remote.kind)) {
    const read = kind.read(secret, remote);
    if (read?.ok) return read.value;
    if (read !== undefined) throw invalidSecret(secret.source, read.problem);
  }
  return undefined;
}

function readConnection(secret: RepositorySecret, { kind }: Remote): Connection {
  const { data } = secret;
  const proxy = readProxy(secret);
  const noProxy = textOf(data, 'noProxy');
  const way = { ...(proxy === undefined ? {} : { proxy }), ...(noProxy === undefined ? {} : { noProxy }) };
  const clientCertificate = kind === 'http' ? readCertificate(secret) : undefined;
  return {
    isInsecure: isTrue(data, 'insecure') || (kind === 'ssh' && isTrue(data, 'insecureIgnoreHostKey')),
    ...way,
    ...(clientCertificate === undefined ? {} : { clientCertificate }),
  };
}

/** The user's own ssh goes where its own configuration says. */
function refuseOwnSshProxy({ source }: RepositorySecret, remote: Remote, connection: Connection): void {
  if (remote.kind !== 'ssh' || proxyFor(sshAddress(remote), connection, {}) === undefined) return;
  throw invalidSecret(source, 'proxy counts for ssh only beside sshPrivateKey; add the key, or remove proxy');
}

function readProxy({ data, source }: RepositorySecret): string | undefined {
  const text = textOf(data, 'proxy');
  if (text === undefined) return undefined;
  const url = URL.parse(text);
  const isProxy = url !== null && /^(?:https?|socks5h?):$/.test(url.protocol) && url.hostname !== '';
  if (!isProxy || hasControl(text)) throw invalidSecret(source, 'proxy is not an http://, https:// or socks5:// URL');
  if (isLinkLocal(url.hostname)) throw invalidSecret(source, 'proxy is an address of this machine’s own link');
  return text.replace(/\/+$/, '');
}

function readCertificate({ data, source }: RepositorySecret): Connection['clientCertificate'] {
  const certificate = textOf(data, 'tlsClientCertData');
  const key = textOf(data, 'tlsClientCertKey');
  if (certificate === undefined && key === undefined) return undefined;
  if (certificate === undefined) throw invalidSecret(source, 'tlsClientCertKey stands without tlsClientCertData');
  if (key === undefined) throw invalidSecret(source, 'tlsClientCertData stands without tlsClientCertKey');
  if (!belongTogether(certificate, key)) {
    throw invalidSecret(source, 'tlsClientCertData and tlsClientCertKey cannot be read, or do not belong together');
  }
  return { certificate: `${certificate}\n`, key: `${key}\n` };
}

function belongTogether(certificate: string, key: string): boolean {
  try {
    return new X509Certificate(certificate).checkPrivateKey(createPrivateKey(key));
  } catch {
    return false; // The messages of these errors can quote the key.
  }
}

function fromUrl({ username = TOKEN_USER, password }: Remote): Credential | undefined {
  if (password === undefined) return undefined;
  return checkedPassword(username, password, 'the repoURL');
}

function fromEnvironment(remote: Remote, env: Readonly<Record<string, string | undefined>>): Credential | undefined {
  const host = env['TIPHYS_GIT_HOST']?.trim().toLowerCase() ?? '';
  if (host === '' || remote.origin === undefined || !namesHost(host, new URL(remote.origin))) return undefined;
  const value = env['TIPHYS_GIT_PASSWORD'] ?? '';
  if (value !== '') return checkedPassword(env['TIPHYS_GIT_USERNAME'] || TOKEN_USER, value, 'TIPHYS_GIT_PASSWORD');
  throw new Failure('CREDENTIALS_INVALID', `TIPHYS_GIT_HOST names ${host}, but TIPHYS_GIT_PASSWORD is not set`, {
    fix: 'set TIPHYS_GIT_USERNAME and TIPHYS_GIT_PASSWORD, or unset TIPHYS_GIT_HOST',
  });
}

function checkedPassword(username: string, password: string, source: string): Credential {
  if (!hasControl(username) && !hasControl(password)) {
    return { kind: 'password', username, password, isForced: false, source };
  }
  throw new Failure('CREDENTIALS_INVALID', `the user name or password in ${source} has a line break`, {
    fix: `write ${source} again without the line break (printf instead of echo)`,
  });
}

/** A host without port means the scheme's own port. */
function namesHost(host: string, { host: shortHost, hostname, port, protocol }: URL): boolean {
  const effectivePort = port === '' ? (protocol === 'https:' ? '443' : '80') : port;
  return host === shortHost || host === `${hostname}:${effectivePort}`;
}
