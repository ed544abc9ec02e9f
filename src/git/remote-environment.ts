import type { GitProtocol } from '../core/git-protocol.ts';
import { proxyFor } from '../core/proxy.ts';
import type { Connection } from './credentials/connection.ts';
import type { Shown } from './credentials/credential.ts';
import { TOKEN_USER } from './credentials/kinds/password.ts';
import {
  configuration,
  definedEntries,
  type Environment,
  type GitSetting,
  isolation,
  KEPT,
  pick,
} from './environment.ts';
import { basicText } from './login.ts';
import { writePrivateFiles } from './private-files.ts';
import { type Remote, sshAddress } from './remote-url.ts';
import { standInHome } from './stand-in-home.ts';
import { openTunnel, type Tunnel } from './tunnel.ts';

// The user's own way in: what ssh and credential helpers are told by git's own variables.
const KEPT_FOR_OWN = ['GIT_SSH_COMMAND', 'GIT_SSH', 'GIT_SSH_VARIANT'];
const DROPPED_FOR_OWN = /^(?:GIT_|TIPHYS_|LC_|LANG$|LANGUAGE$|SSH_ASKPASS)/;

// Prints what git asks for from variables that only git and its children have. `printf` is built into the shell, so
// that the values are in no process list. Scoped to one origin below: a redirect elsewhere is given nothing.
const HELPER =
  '!answer() { test "$1" = get && printf "username=%s\\npassword=%s\\n" ' +
  '"$TIPHYS_ASKED_USERNAME" "$TIPHYS_ASKED_PASSWORD"; }; answer';

// Given to the commands that fetch and not kept in the mirror, so that reading never fetches blobs one by one.
const PARTIAL: readonly GitSetting[] = [
  ['remote.origin.promisor', 'true'],
  ['remote.origin.partialclonefilter', 'blob:none'],
];

// A redirect may lead from plain HTTP to HTTPS, and never back. No `ext::`, and no helper of whoever has put a program
// on the PATH.
const ALLOWED: Readonly<Record<GitProtocol, string>> = { https: 'https', http: 'http:https', ssh: 'ssh', file: 'file' };

/** What opens a remote, and how it is reached. */
export interface Opening {
  readonly shown: Shown;
  readonly connection: Connection;
  /** PEM of the only authorities that count for the host; undefined: the system's. */
  readonly authority: string | undefined;
  /** Lines of known_hosts, for an ssh key. */
  readonly knownHosts: string | undefined;
  /** The `credential.*` settings of the user's configuration, for the user's own way in. */
  readonly own: readonly GitSetting[];
  /** Whether this git reads the user's configuration wherever HOME leads to it. */
  readonly readsUserConfig: boolean;
}

/** An environment with the files and the port that it names; they go away with it. */
export interface PreparedEnvironment extends AsyncDisposable {
  readonly env: Readonly<Record<string, string>>;
  /** What git cannot tell of the way that it went, as a line of its errors; "" mostly. */
  problem(): string;
}

/**
 * The environment of a git command that talks to a remote, with what opens it. A credential that was chosen is the
 * only one there is: the user's configuration, helpers, netrc and keys are out of reach then. The user's own way in
 * keeps the user's whole environment, and of the user's configuration `own`, but no hooks, aliases or signing.
 * @param partial whether blobs may be missing
 */
export async function remoteEnvironment(
  base: Environment,
  gitDir: string,
  remote: Remote,
  opening: Opening,
  partial: boolean,
): Promise<PreparedEnvironment> {
  await using stack = new AsyncDisposableStack();
  const files = stack.use(await writePrivateFiles(privateContents(opening)));
  const tunnel = stack.use(await openSshTunnel(remote, opening));
  const isOwn = opening.shown.kind === 'own';
  const home = isOwn && opening.readsUserConfig ? stack.use(await standInHome(base)) : undefined;
  const settings: GitSetting[] = [
    ['remote.origin.url', remote.url],
    ...(partial ? PARTIAL : []),
    // Only the first request of a command may be redirected (a renamed repository); git then asks for credentials
    // anew, and curl drops what it had for the old host. What git would take along may not be redirected at all.
    ['http.followRedirects', goesAlong(opening) ? 'false' : 'initial'],
    ['credential.helper', ''],
    ...(remote.kind === 'http' ? httpSettings(remote, opening, files.paths) : []),
    ...opening.own,
    ...(isOwn && remote.username !== undefined
      ? [[`credential.${remote.origin}.username`, remote.username] as const]
      : []),
  ];
  const env = {
    ...(isOwn ? { ...ownEnvironment(base), ...home?.env } : { ...pick(base, KEPT), HOME: '/dev/null' }),
    ...proxyEnvironment(base, opening.connection),
    ...isolation(gitDir, ALLOWED[remote.protocol]),
    ...configuration(settings),
    ...shownEnvironment(opening, files.paths),
    ...sshEnvironment(remote, opening, files.paths, tunnel),
  };
  const kept = stack.move();
  return { env, problem: () => tunnel?.problem() ?? '', [Symbol.asyncDispose]: () => kept.disposeAsync() };
}

/** git reads the configuration of a URL once, and keeps to it wherever a redirect leads. */
function goesAlong({ shown, connection }: Opening): boolean {
  const isHeader = shown.kind === 'bearer' || (shown.kind === 'password' && shown.isForced);
  return isHeader || connection.clientCertificate !== undefined;
}

const KEY = 'key';
const KNOWN_HOSTS = 'known_hosts';
const AUTHORITY = 'authority.pem';
const CERTIFICATE = 'certificate.pem';
const CERTIFICATE_KEY = 'certificate.key';

function privateContents({ shown, connection, authority, knownHosts }: Opening): ReadonlyMap<string, string> {
  const { clientCertificate } = connection;
  const contents: readonly (readonly [string, string | undefined])[] = [
    [KEY, shown.kind === 'ssh-key' ? shown.key : undefined],
    [KNOWN_HOSTS, knownHosts],
    [AUTHORITY, authority],
    [CERTIFICATE, clientCertificate?.certificate],
    [CERTIFICATE_KEY, clientCertificate?.key],
  ];
  return new Map(contents.flatMap(([name, content]) => (content === undefined ? [] : [[name, content]])));
}

/** Scoped to the remote's origin, as far as git can. */
function httpSettings(
  { origin, url }: Remote,
  { shown, connection }: Opening,
  paths: ReadonlyMap<string, string>,
): readonly GitSetting[] {
  const settings: GitSetting[] = [];
  const header = authorizationHeader(shown);
  if (header !== undefined) settings.push([`http.${origin}.extraHeader`, `Authorization: ${header}`]);
  else if (passwordOf(shown) !== undefined) settings.push([`credential.${origin}.helper`, HELPER]);
  if (connection.isInsecure) settings.push([`http.${origin}.sslVerify`, 'false']);
  // The proxy is for one host, so that nothing of the environment's need be weighed here; "" is none.
  if (connection.proxy !== undefined) settings.push([`http.${origin}.proxy`, proxyFor(url, connection, {}) ?? '']);
  const [certificate, key] = [paths.get(CERTIFICATE), paths.get(CERTIFICATE_KEY)];
  if (certificate !== undefined) settings.push([`http.${origin}.sslCert`, certificate]);
  if (key !== undefined) settings.push([`http.${origin}.sslKey`, key]);
  return settings;
}

/** What is sent without being asked for. */
function authorizationHeader(shown: Shown): string | undefined {
  if (shown.kind === 'bearer') return `Bearer ${shown.token}`;
  if (shown.kind !== 'password' || !shown.isForced) return undefined;
  return `Basic ${basicText(shown.username, shown.password)}`;
}

/** What git is answered when it asks. */
function passwordOf(shown: Shown): { readonly username: string; readonly password: string } | undefined {
  if (shown.kind === 'password') return shown;
  return shown.kind === 'github-app' ? { username: TOKEN_USER, password: shown.token } : undefined;
}

function shownEnvironment({ shown }: Opening, paths: ReadonlyMap<string, string>): Record<string, string> {
  const password = passwordOf(shown);
  const authority = paths.get(AUTHORITY);
  return {
    // Stronger than any setting.
    ...(authority === undefined ? {} : { GIT_SSL_CAINFO: authority }),
    ...(password === undefined
      ? {}
      : { TIPHYS_ASKED_USERNAME: password.username, TIPHYS_ASKED_PASSWORD: password.password }),
  };
}

async function openSshTunnel(remote: Remote, { shown, connection }: Opening): Promise<Tunnel | undefined> {
  if (shown.kind !== 'ssh-key') return undefined;
  const address = sshAddress(remote);
  const proxy = proxyFor(address, connection, {});
  return proxy === undefined ? undefined : await openTunnel(new URL(proxy), new URL(address));
}

/** Nothing of the user's or the machine's configuration, agent or keys; never a question. */
function sshEnvironment(
  remote: Remote,
  { shown, connection }: Opening,
  paths: ReadonlyMap<string, string>,
  tunnel: Tunnel | undefined,
): Record<string, string> {
  if (shown.kind !== 'ssh-key') return {};
  const options = {
    IdentityFile: paths.get(KEY) ?? '/dev/null',
    IdentitiesOnly: 'yes',
    IdentityAgent: 'none',
    PreferredAuthentications: 'publickey',
    BatchMode: 'yes',
    StrictHostKeyChecking: connection.isInsecure ? 'no' : 'yes',
    UserKnownHostsFile: paths.get(KNOWN_HOSTS) ?? '/dev/null',
    GlobalKnownHostsFile: '/dev/null',
    UpdateHostKeys: 'no',
    ClearAllForwardings: 'yes',
    ...(tunnel === undefined
      ? {}
      : { HostName: '127.0.0.1', Port: String(tunnel.port), HostKeyAlias: knownHostsName(remote) }),
  };
  const words = Object.entries(options).map(([name, value]) => `-o '${name}=${value}'`);
  return { GIT_SSH_COMMAND: `ssh -F none ${words.join(' ')}`, GIT_SSH_VARIANT: 'ssh' };
}

/** As known_hosts has it. sshd(8), "SSH_KNOWN_HOSTS FILE FORMAT". */
function knownHostsName(remote: Remote): string {
  const { hostname, port } = new URL(sshAddress(remote));
  const host = hostname.replace(/^\[|\]$/g, '');
  return port === '22' ? host : `[${host}]:${port}`;
}

/** Where a repository has a proxy of its own, the environment's do not count. */
function proxyEnvironment(base: Environment, { proxy }: Connection): Record<string, string> {
  if (proxy === undefined) return {};
  const names = Object.keys(base).filter((name) => /^(?:https?|all|no)_proxy$/i.test(name));
  return Object.fromEntries(names.map((name) => [name, '']));
}

function ownEnvironment(base: Environment): Record<string, string> {
  return {
    ...Object.fromEntries(definedEntries(base).filter(([name]) => !DROPPED_FOR_OWN.test(name))),
    ...pick(base, [...KEPT, ...KEPT_FOR_OWN]),
    ...(base['GIT_SSH_COMMAND'] === undefined && base['GIT_SSH'] === undefined
      ? { GIT_SSH_COMMAND: 'ssh -o BatchMode=yes' }
      : {}),
  };
}
