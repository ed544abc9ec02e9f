import type { Author } from '../core/commits/commit-author.ts';
import { definedEntries, type Environment, type GitSetting } from './environment.ts';
import { type GitExit, type GitProcesses, gitProcesses } from './processes.ts';

/** The user's own git as it is run in a folder: with the user's environment and configuration. */
export interface OwnGit extends AsyncDisposable {
  /** Runs a command, whatever its exit code. */
  run(args: readonly string[], signal: AbortSignal, more?: OwnCommand): Promise<GitExit>;
  /** What a command prints, trimmed; undefined when it fails or prints nothing. */
  ask(args: readonly string[], signal: AbortSignal): Promise<string | undefined>;
  /** Whom the user's configuration names; undefined where it does not. */
  author(signal: AbortSignal): Promise<Author | undefined>;
  /** When a commit that is here was made, in seconds since 1970; undefined where there is no such commit. */
  committedAt(commit: string, signal: AbortSignal): Promise<number | undefined>;
}

interface OwnCommand {
  readonly input?: string;
  readonly env?: Readonly<Record<string, string>>;
}

const TIMEOUT_MS = 120_000;

export function openOwnGit(cwd: string, env: Environment, processes: GitProcesses = gitProcesses(1)): OwnGit {
  const run: OwnGit['run'] = (args, signal, { input, env: more } = {}) =>
    processes.run({
      args: ['-C', cwd, ...args],
      env: { ...Object.fromEntries(definedEntries(env)), LC_ALL: 'C', GIT_TERMINAL_PROMPT: '0', ...more },
      about: cwd,
      timeoutMs: TIMEOUT_MS,
      signal,
      ...(input === undefined ? {} : { input: Buffer.from(input) }),
    });
  const ask: OwnGit['ask'] = async (args, signal) => {
    const { code, stdout } = await run(args, signal);
    return code === 0 ? stdout.toString().trim() || undefined : undefined;
  };
  return {
    run,
    ask,
    author: async (signal) => {
      const { stdout } = await run(['config', '--null', '--get-regexp', '^user\\.(name|email)$'], signal);
      const configured = new Map(parseSettings(stdout));
      const name = env['GIT_AUTHOR_NAME'] || configured.get('user.name');
      const email = env['GIT_AUTHOR_EMAIL'] || configured.get('user.email');
      return name && email ? { name, email } : undefined;
    },
    committedAt: async (commit, signal) => {
      if (!/^[0-9a-f]{40,64}$/.test(commit)) return undefined;
      const seconds = await ask(['show', '--no-patch', '--format=%ct', commit, '--'], signal);
      return seconds === undefined ? undefined : Number(seconds);
    },
    [Symbol.asyncDispose]: () => processes[Symbol.asyncDispose](),
  };
}

/** Reads `git config --null --list` and the like. */
export function parseSettings(output: Uint8Array): readonly GitSetting[] {
  return Buffer.from(output)
    .toString()
    .split('\0')
    .filter((entry) => entry !== '')
    .map((entry) => {
      const newline = entry.indexOf('\n');
      // A key without value means true.
      return newline < 0 ? [entry, 'true'] : [entry.slice(0, newline), entry.slice(newline + 1)];
    });
}
