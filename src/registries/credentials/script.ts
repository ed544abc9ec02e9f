import type { Lease } from './credential.ts';
import { splitUserPassword } from './docker-config.ts';
import { invalid } from './invalid.ts';
import { type ProgramEnd, runProgram } from './run-program.ts';
import { secretsOf, withoutSecrets } from './without-secrets.ts';

/** Upstream's. */
const TIMEOUT_MS = 10_000;

interface ScriptOptions {
  /** Absolute. */
  readonly path: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** How long what it prints is good; undefined: until it is refused. */
  readonly lifetimeMs: number | undefined;
  readonly now: () => number;
  readonly timeoutMs?: number;
}

/**
 * What an `ext:` script prints: `user:password`. It gets no arguments and the environment of the process.
 * @throws {Failure} CREDENTIALS_INVALID with its exit code and the last line of its error output, secrets cut out
 */
export async function askScript(options: ScriptOptions, signal: AbortSignal): Promise<Lease> {
  const { path, env, lifetimeMs, now, timeoutMs = TIMEOUT_MS } = options;
  const place = `script ${path}`;
  const end = await runProgram({ file: path, args: [], env, timeoutMs }, signal);
  if (end.kind !== 'exited' || end.code !== 0) throw failed(place, end, env, timeoutMs);
  const read = splitUserPassword(end.stdout);
  if (!read.ok) throw invalid(place, `${read.problem}, on its standard output`, 'let it print user:password');
  return { credential: read.value, ...(lifetimeMs !== undefined && { expiresMs: now() + lifetimeMs }) };
}

function failed(place: string, end: ProgramEnd, env: ScriptOptions['env'], timeoutMs: number) {
  switch (end.kind) {
    case 'timed-out':
      return invalid(place, `it was ended after ${timeoutMs / 1000} s`, 'let it end sooner; run it by hand to see why');
    case 'too-much-output':
      return invalid(place, 'it prints far more than credentials', 'let it print user:password and nothing else');
    case 'not-started':
      return invalid(
        place,
        `it cannot be started (${end.reason})`,
        'see that it is there, executable and begins with #!',
      );
    case 'exited': {
      const said = [end.stdout.trim(), ...end.stdout.split(/[\s:]+/), ...secretsOf(env)];
      const last = end.stderr.trimEnd().split('\n').at(-1) ?? '';
      const line = withoutSecrets(last, said);
      const code = end.code === null ? 'was killed' : `ended with ${end.code}`;
      return invalid(
        place,
        line === '' ? `it ${code}` : `it ${code}: ${line}`,
        'run it by hand with the same environment',
      );
    }
    default:
      return end satisfies never;
  }
}
