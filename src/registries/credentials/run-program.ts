import { type ChildProcess, spawn } from 'node:child_process';
import { Failure } from '../../core/failure.ts';

export interface Program {
  /** A path, or a name that is looked up on the PATH. */
  readonly file: string;
  readonly args: readonly string[];
  /** The whole environment. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly input?: string;
  readonly timeoutMs: number;
}

/** How it ended. */
export type ProgramEnd =
  | { readonly kind: 'exited'; readonly code: number | null; readonly stdout: string; readonly stderr: string }
  | { readonly kind: 'timed-out' }
  | { readonly kind: 'too-much-output' }
  /** `reason` is the system's word: "ENOENT". */
  | { readonly kind: 'not-started'; readonly reason: string };

/** Credentials are short; what prints more is something else. */
const MOST_OUTPUT_BYTES = 64 * 1024;
const KEPT_ERROR_BYTES = 8 * 1024;

/**
 * Runs a program that gives out credentials and waits for its end. It leads a process group of its own, which is
 * killed as a whole when it takes too long or prints without end.
 * @throws {Failure} ABORTED
 */
export async function runProgram(program: Program, signal: AbortSignal): Promise<ProgramEnd> {
  if (signal.aborted) throw aborted();
  let child: ChildProcess;
  try {
    child = spawn(program.file, program.args, { env: program.env, stdio: 'pipe', detached: true });
  } catch (error) {
    return { kind: 'not-started', reason: codeOf(error) };
  }
  let stopped: 'timed-out' | 'too-much-output' | 'aborted' | undefined;
  const stop = (why: typeof stopped) => {
    stopped ??= why;
    killGroup(child);
  };
  const timer = setTimeout(() => stop('timed-out'), program.timeoutMs);
  const onAbort = () => stop('aborted');
  signal.addEventListener('abort', onAbort, { once: true });
  const stdout: Buffer[] = [];
  let size = 0;
  child.stdout?.on('data', (chunk: Buffer) => {
    size += chunk.length;
    if (size > MOST_OUTPUT_BYTES) stop('too-much-output');
    else stdout.push(chunk);
  });
  let stderr = Buffer.alloc(0);
  child.stderr?.on('data', (chunk: Buffer) => {
    stderr = Buffer.concat([stderr, chunk]).subarray(-KEPT_ERROR_BYTES);
  });
  // Whoever does not read its input says so by its end.
  child.stdin?.on('error', () => undefined);
  child.stdin?.end(program.input);
  try {
    const end = await endOf(child);
    if (stopped === 'aborted') throw aborted();
    if (stopped !== undefined) return { kind: stopped };
    if (end.kind === 'not-started') return end;
    return { ...end, stdout: Buffer.concat(stdout).toString(), stderr: stderr.toString() };
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', onAbort);
  }
}

type End =
  | { readonly kind: 'exited'; readonly code: number | null }
  | { readonly kind: 'not-started'; readonly reason: string };

/** "close" comes when the last of the group has let go of the output. */
function endOf(child: ChildProcess): Promise<End> {
  return new Promise((resolve) => {
    child.once('error', (error) => resolve({ kind: 'not-started', reason: codeOf(error) }));
    child.once('close', (code) => resolve({ kind: 'exited', code }));
  });
}

function killGroup({ pid }: ChildProcess): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // The group has ended by itself.
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
}

function aborted(): Failure {
  return new Failure('ABORTED', 'stopped while a program was asked for credentials', { fix: 'run it again' });
}
