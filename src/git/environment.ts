export type Environment = Readonly<Record<string, string | undefined>>;

/** A setting as `git -c` would give it; handed over in the environment, where nobody else can read it. */
export type GitSetting = readonly [key: string, value: string];

// Whatever the credential, git and its helpers need these: programs, certificates, proxies, temporary files.
export const KEPT = [
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
const CONFIG_FILES = ['GIT_CONFIG_GLOBAL', 'GIT_CONFIG_SYSTEM', 'GIT_CONFIG_NOSYSTEM'];

/** Leaves the user's and the system's configuration out; a git before 2.32 reads the user's from HOME all the same. */
export const NO_CONFIG_FILES = { GIT_CONFIG_NOSYSTEM: '1', GIT_CONFIG_GLOBAL: '/dev/null' };

/** The environment of a git command that talks to nobody: no configuration but the mirror's own. */
export function localEnvironment(base: Environment, gitDir: string): Record<string, string> {
  return { ...pick(base, KEPT), ...isolation(gitDir, ''), HOME: '/dev/null' };
}

/** The environment in which git tells the user's own settings: the only one that sees the user's configuration. */
export function userConfigEnvironment(base: Environment): Record<string, string> {
  const { GIT_CONFIG_NOSYSTEM: _system, GIT_CONFIG_GLOBAL: _global, ...rest } = isolation('/dev/null', '');
  return { ...pick(base, [...KEPT, 'HOME', 'XDG_CONFIG_HOME', ...CONFIG_FILES]), ...rest };
}

// In one piece: git would keep a list of branches that never ends. Files so large it never holds whole by itself.
const MOST_MEMORY = '512m';

/** @param protocols  what git may speak, as GIT_ALLOW_PROTOCOL names it */
export function isolation(gitDir: string, protocols: string): Record<string, string> {
  return {
    GIT_DIR: gitDir,
    LC_ALL: 'C',
    GIT_TERMINAL_PROMPT: '0',
    GIT_ASKPASS: '',
    GCM_INTERACTIVE: 'never',
    ...NO_CONFIG_FILES,
    GIT_ALLOW_PROTOCOL: protocols,
    GIT_NO_REPLACE_OBJECTS: '1',
    GIT_OPTIONAL_LOCKS: '0',
    GIT_ALLOC_LIMIT: MOST_MEMORY,
  };
}

/** These settings and no others of the environment, as `git -c` hands its own on. */
export function configuration(settings: readonly GitSetting[]): Record<string, string> {
  return { GIT_CONFIG_PARAMETERS: settings.map(parameter).join(' '), GIT_CONFIG_COUNT: '0' };
}

/** In the form that every git reads. It ends a key at its first "="; for a URL that has one 2.31 brought another form. */
function parameter([key, value]: GitSetting): string {
  return key.includes('=') ? `${quoted(key)}=${quoted(value)}` : quoted(`${key}=${value}`);
}

/** As git's shell quoting has it. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

export function pick(base: Environment, names: readonly string[]): Record<string, string> {
  return Object.fromEntries(definedEntries(base).filter(([name]) => names.includes(name)));
}

export function definedEntries(base: Environment): readonly (readonly [string, string])[] {
  return Object.entries(base).flatMap(([name, value]) => (value === undefined ? [] : [[name, value] as const]));
}
