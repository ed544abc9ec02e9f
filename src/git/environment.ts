import type { Credential } from './credentials.ts';
import type { Remote } from './remote-url.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** A setting as `git -c` would give it; handed over in the environment, where nobody else can read it. */
export type GitSetting = readonly [key: string, value: string];

// Whatever the credential, git and its helpers need these: programs, certificates, proxies, temporary files.
const KEPT = [
  'PATH',
  'TMPDIR',
  'GIT_SSL_CAINFO',
  'GIT_SSL_CAPATH',
  'SSL_CERT_FILE',
  'SSL_CERT_DIR',
  'HTTP_PROXY',
  'http_proxy',
  'HTTPS_PROXY',
  'https_proxy',
  'ALL_PROXY',
  'all_proxy',
  'NO_PROXY',
  'no_proxy',
];
// The user's own way in: what ssh and credential helpers are told by git's own variables.
const KEPT_FOR_OWN = ['GIT_SSH_COMMAND', 'GIT_SSH', 'GIT_SSH_VARIANT'];
const CONFIG_FILES = ['GIT_CONFIG_GLOBAL', 'GIT_CONFIG_SYSTEM', 'GIT_CONFIG_NOSYSTEM'];
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

/** The environment of a git command that talks to nobody: no configuration but the mirror's own. */
export function localEnvironment(base: Environment, gitDir: string): Record<string, string> {
  return { ...pick(base, KEPT), ...isolation(gitDir), HOME: '/dev/null' };
}

/**
 * The environment of a git command that talks to a remote, with the credential for it. A password that was chosen is
 * the only one there is: the user's configuration, helpers and netrc are out of reach then. The user's own way in
 * keeps the user's whole environment, and of the user's configuration `own`, but no hooks, aliases or signing.
 * @param partial whether blobs may be missing
 * @param own the `credential.*` settings of the user's configuration
 */
export function remoteEnvironment(
  base: Environment,
  gitDir: string,
  remote: Remote,
  credential: Credential,
  partial: boolean,
  own: readonly GitSetting[],
): Record<string, string> {
  const settings: GitSetting[] = [
    ['remote.origin.url', remote.url],
    ...(partial ? PARTIAL : []),
    // Only the first request of a command may be redirected (a renamed repository); git then asks for credentials
    // anew, and curl drops what it had for the old host.
    ['http.followRedirects', 'initial'],
    ['credential.helper', ''],
  ];
  if (credential.kind === 'password') {
    settings.push([`credential.${remote.origin}.helper`, HELPER]);
    return {
      ...pick(base, KEPT),
      ...isolation(gitDir),
      ...configuration(settings),
      HOME: '/dev/null',
      TIPHYS_ASKED_USERNAME: credential.username,
      TIPHYS_ASKED_PASSWORD: credential.password,
    };
  }
  settings.push(...own);
  if (remote.username !== undefined) settings.push([`credential.${remote.origin}.username`, remote.username]);
  return {
    ...Object.fromEntries(definedEntries(base).filter(([name]) => !DROPPED_FOR_OWN.test(name))),
    ...pick(base, [...KEPT, ...KEPT_FOR_OWN]),
    ...(base['GIT_SSH_COMMAND'] === undefined && base['GIT_SSH'] === undefined
      ? { GIT_SSH_COMMAND: 'ssh -o BatchMode=yes' }
      : {}),
    ...isolation(gitDir),
    ...configuration(settings),
  };
}

/** The environment in which git tells the user's own settings: the only one that sees the user's configuration. */
export function userConfigEnvironment(base: Environment): Record<string, string> {
  const { GIT_CONFIG_NOSYSTEM: _system, GIT_CONFIG_GLOBAL: _global, ...rest } = isolation('/dev/null');
  return { ...pick(base, [...KEPT, 'HOME', 'XDG_CONFIG_HOME', ...CONFIG_FILES]), ...rest };
}

function isolation(gitDir: string): Record<string, string> {
  return {
    GIT_DIR: gitDir,
    LC_ALL: 'C',
    GIT_TERMINAL_PROMPT: '0',
    GIT_ASKPASS: '',
    GCM_INTERACTIVE: 'never',
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_CONFIG_GLOBAL: '/dev/null',
    // No `ext::` and no helper of whoever has put a program on the PATH.
    GIT_ALLOW_PROTOCOL: 'file:http:https:ssh',
    GIT_NO_REPLACE_OBJECTS: '1',
    GIT_OPTIONAL_LOCKS: '0',
  };
}

function configuration(settings: readonly GitSetting[]): Record<string, string> {
  return Object.fromEntries([
    ['GIT_CONFIG_COUNT', String(settings.length)],
    ...settings.flatMap(([key, value], index) => [
      [`GIT_CONFIG_KEY_${index}`, key],
      [`GIT_CONFIG_VALUE_${index}`, value],
    ]),
  ]);
}

function pick(base: Environment, names: readonly string[]): Record<string, string> {
  return Object.fromEntries(definedEntries(base).filter(([name]) => names.includes(name)));
}

function definedEntries(base: Environment): readonly (readonly [string, string])[] {
  return Object.entries(base).flatMap(([name, value]) => (value === undefined ? [] : [[name, value] as const]));
}
