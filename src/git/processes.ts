import { type ChildProcess, spawn } from 'node:child_process';
import { Failure } from '../core/failure.ts';
import { INSTALL_GIT } from './git-version.ts';
import { aborted } from './pause.ts';

export interface GitCommand {
  /** The subcommand first, or one `-c` setting or `-C` folder before it. Never holds a secret: everyone on the machine can read it. */
  readonly args: readonly string[];
  /** The whole environment; nothing of this process's own is added. */
  readonly env: Readonly<Record<string, string>>;
  /** What the command works on, for messages: a repoURL without credentials. */
  readonly about: string;
  readonly input?: Uint8Array;
  readonly timeoutMs: number;
  /** Ends the command; left out for a command that must be allowed to finish. */
  readonly signal?: AbortSignal;
  /** Takes standard output as it comes; without it the output is collected, up to a limit. */
  readonly onOutput?: (chunk: Uint8Array) => void;
}

export interface GitExit {
  readonly code: number;
  readonly stdout: Buffer;
  /** The last 32 KiB. */
  readonly stderr: string;
}

export interface GitProcesses extends AsyncDisposable {
  /**
   * Runs git and waits for its end; an exit code other than 0 is an answer, not a failure.
   * @throws {Failure} GIT_MISSING, GIT_TIMEOUT, ABORTED, GIT_FAILED for output without end
   */
  run(command: GitCommand): Promise<GitExit>;
}

const MOST_OUTPUT_BYTES = 128 * 1024 * 1024;
const MOST_ERROR_BYTES = 32 * 1024;
const GRACE_MS = 2_000;

/**
 * Runs the system's git, at most `limit` at once. Each one leads a process group of its own, so that the helpers it
 * starts (git-remote-https, ssh) end with it.
 * @param onCommand is told the arguments of every command; for counting
 * @param graceMs how long a git that is told to end may take for it
 */
export function gitProcesses(
  limit: number,
  onCommand?: (args: readonly string[]) => void,
  graceMs = GRACE_MS,
): GitProcesses {
  const waiting: (() => void)[] = [];
  const running = new Set<ChildProcess>();
  let free = limit;
  const acquire = async () => {
    if (free > 0) free -= 1;
    else await new Promise<void>((resolve) => waiting.push(resolve));
  };
  const release = () => {
    const next = waiting.shift();
    if (next === undefined) free += 1;
    else next();
  };
  return {
    run: async (command) => {
      await acquire();
      try {
        if (command.signal?.aborted) throw aborted();
        onCommand?.(command.args);
        return await runOne(command, running, graceMs);
      } finally {
        release();
      }
    },
    [Symbol.asyncDispose]: async () => {
      const ends = [...running].map((child) => new Promise((resolve) => child.once('close', resolve)));
      for (const child of running) signalGroup(child, 'SIGKILL');
      await Promise.all(ends);
    },
  };
}

async function runOne(command: GitCommand, running: Set<ChildProcess>, graceMs: number): Promise<GitExit> {
  const child = spawn('git', command.args, { env: command.env, cwd: '/', stdio: 'pipe', detached: true });
  running.add(child);
  let failure: Failure | undefined;
  let killer: NodeJS.Timeout | undefined;
  const stop = (why: Failure) => {
    if (failure !== undefined) return;
    failure = why;
    signalGroup(child, 'SIGTERM');
    killer = setTimeout(() => signalGroup(child, 'SIGKILL'), graceMs);
  };
  const timer = setTimeout(() => stop(timedOut(command)), command.timeoutMs);
  const onAbort = () => stop(aborted());
  command.signal?.addEventListener('abort', onAbort, { once: true });
  const stdout = collectOutput(child, command, stop);
  const stderr = collectErrors(child);
  child.stdin.on('error', () => undefined); // git's exit tells why it stopped listening
  child.stdin.end(command.input);
  try {
    const code = await exitOf(child);
    if (failure !== undefined) throw failure;
    return { code, stdout: stdout(), stderr: stderr() };
  } finally {
    clearTimeout(timer);
    clearTimeout(killer);
    command.signal?.removeEventListener('abort', onAbort);
    running.delete(child);
    // A helper that let go of our pipes does not keep git from ending, and must not outlive it.
    if (failure !== undefined) signalGroup(child, 'SIGKILL');
  }
}

/** The exit code once all output has arrived; 128 for a git that was ended by a signal. */
function exitOf(child: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    child.once('error', (cause) => reject(notStarted(cause)));
    child.once('close', (code) => resolve(code ?? 128));
  });
}

function collectOutput(child: ChildProcess, command: GitCommand, stop: (why: Failure) => void): () => Buffer {
  const chunks: Buffer[] = [];
  let length = 0;
  child.stdout?.on('data', (chunk: Buffer) => {
    if (command.onOutput !== undefined) return command.onOutput(chunk);
    length += chunk.length;
    if (length > MOST_OUTPUT_BYTES) return stop(tooMuchOutput(command));
    chunks.push(chunk);
  });
  return () => Buffer.concat(chunks);
}

function collectErrors(child: ChildProcess): () => string {
  let tail = Buffer.alloc(0);
  child.stderr?.on('data', (chunk: Buffer) => {
    tail = Buffer.concat([tail, chunk]).subarray(-MOST_ERROR_BYTES);
  });
  return () => tail.toString();
}

function signalGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, signal);
  } catch {
    // The group has ended by itself in the meantime.
  }
}

function notStarted(cause: Error): Failure {
  const code = 'code' in cause ? cause.code : undefined;
  if (code === 'ENOENT' || code === 'EACCES') {
    return new Failure('GIT_MISSING', 'there is no git', { fix: INSTALL_GIT, cause });
  }
  return new Failure('GIT_FAILED', `git could not be started (${code})`, {
    fix: 'raise the limits on processes and open files',
    retry: { kind: 'backoff' },
    cause,
  });
}

function timedOut({ args, about, timeoutMs }: GitCommand): Failure {
  return new Failure('GIT_TIMEOUT', `git ${nameOf(args)} for ${about} took longer than ${timeoutMs / 1000} s`, {
    fix: 'check the connection to the Git server, and its load',
    retry: { kind: 'backoff' },
  });
}

function tooMuchOutput({ args, about }: GitCommand): Failure {
  return new Failure(
    'GIT_FAILED',
    `git ${nameOf(args)} for ${about} printed more than ${MOST_OUTPUT_BYTES >> 20} MiB`,
    {
      fix: 'split the repository: Tiphys lists up to a million files',
    },
  );
}

/** The subcommand, behind the setting or the folder of this one call. */
export function nameOf(args: readonly string[]): string {
  return (args[0] === '-c' || args[0] === '-C' ? args[2] : args[0]) ?? '';
}
