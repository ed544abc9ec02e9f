import { proxyFor } from '../core/proxy.ts';
import type { BranchRef, GitAccess, HttpAccess } from '../ports/git.ts';
import { OWN_GIT, opens } from './credentials/choose.ts';
import type { GitOptions } from './git-options.ts';
import type { GitProcesses } from './processes.ts';
import type { Remote } from './remote-url.ts';
import { readRemote, type WayIn, type WaysIn } from './ways-in.ts';
import { webAddress } from './web-address.ts';

/** The credentials of git for what talks to the same host in another way. */
export function gitAccess(options: GitOptions, waysIn: WaysIn, processes: GitProcesses): GitAccess {
  return {
    credentialName: (ref) => {
      const { credential } = waysIn.choose(ref);
      return credential.kind === 'own' ? OWN_GIT : credential.source;
    },
    access: async (ref, signal) => {
      const way = await waysIn.open(overHttp(options, ref), signal);
      const { shown, connection, authority } = way.opening;
      const proxy = proxyFor(way.remote.url, connection, options.env);
      const authorization =
        shown.kind === 'own' ? await ownAuthorization(way, processes, signal) : authorizationOf(way.opening);
      return {
        source: shown.kind === 'own' ? OWN_GIT : shown.source,
        authorization,
        isInsecure: connection.isInsecure,
        ...(authority === undefined ? {} : { ca: authority }),
        ...(connection.clientCertificate === undefined ? {} : { clientCertificate: connection.clientCertificate }),
        ...(proxy === undefined ? {} : { proxy }),
        ...(shown.kind === 'github-app' ? { apiBase: shown.apiBase } : {}),
      };
    },
  };
}

/** ssh opens git alone: other clients go to the same repository over HTTPS, with the Secrets for that address. */
function overHttp(options: GitOptions, ref: BranchRef): BranchRef {
  const remote = readRemote(ref.repoURL);
  if (remote.kind !== 'ssh') return ref;
  const { secret, ...rest } = ref;
  const repoURL = webAddress(remote);
  const sources = { ...options, secrets: options.secrets() };
  const isForBoth = secret !== undefined && opens(secret, readRemote(repoURL), sources);
  return { ...rest, repoURL, ...(isForBoth ? { secret } : {}) };
}

function authorizationOf({ shown }: WayIn['opening']): HttpAccess['authorization'] {
  switch (shown.kind) {
    case 'password':
      return { kind: 'basic', username: shown.username, password: shown.password };
    case 'bearer':
      return { kind: 'bearer', token: shown.token };
    case 'github-app':
      return { kind: 'github-app', token: shown.token };
    case 'ssh-key':
    case 'certificate':
    case 'own':
      return { kind: 'none' };
    default:
      return shown satisfies never;
  }
}

const HELPER_TIMEOUT_MS = 30_000;

/** What the user's own credential helpers say; they may not ask anybody. */
async function ownAuthorization(
  { remote, environment }: WayIn,
  processes: GitProcesses,
  signal: AbortSignal,
): Promise<HttpAccess['authorization']> {
  if (remote.kind !== 'http') return { kind: 'none' };
  await using prepared = await environment('/dev/null', false);
  const { code, stdout } = await processes.run({
    args: ['credential', 'fill'],
    env: prepared.env,
    about: remote.url,
    input: Buffer.from(question(remote)),
    timeoutMs: HELPER_TIMEOUT_MS,
    signal,
  });
  const answer = new Map(
    stdout
      .toString()
      .split('\n')
      .map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
  );
  const [username, password] = [answer.get('username'), answer.get('password')];
  if (code !== 0 || username === undefined || password === undefined) return { kind: 'none' };
  return { kind: 'basic', username, password };
}

/** @see https://git-scm.com/docs/git-credential#IOFMT */
function question({ protocol, url, path, username }: Remote): string {
  const lines = [`protocol=${protocol}`, `host=${new URL(url).host}`, `path=${path}`];
  return `${[...lines, ...(username === undefined ? [] : [`username=${username}`])].join('\n')}\n\n`;
}
