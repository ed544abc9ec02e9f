import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createServer } from 'node:net';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';

interface ServerProgram {
  readonly program: string;
  readonly args: readonly string[];
  /** All that the program sees of the environment. */
  readonly env: Readonly<Record<string, string>>;
  /** Asked until it says yes, for 30 s. */
  readonly isReady: () => Promise<boolean>;
  /** How long it may take to end by itself; as long as it likes without. */
  readonly graceMs?: number;
  /** What ends it; SIGTERM without. */
  readonly signal?: NodeJS.Signals;
}

// It ends the server when this process dies without having done so.
const WITH_PARENT = ['/usr/bin/setpriv', '--pdeathsig', 'TERM', '--'];

/** Starts a server and waits until it is ready; disposing ends it. Throws with its last words when it dies meanwhile. */
export async function startServerProgram({
  program,
  args,
  env,
  isReady,
  graceMs,
  signal,
}: ServerProgram): Promise<AsyncDisposable> {
  const [command = program, ...rest] = existsSync(WITH_PARENT[0] ?? '')
    ? [...WITH_PARENT, program, ...args]
    : [program, ...args];
  const child = spawn(command, rest, { stdio: ['ignore', 'ignore', 'pipe'], env });
  const words = text(child.stderr);
  const ended = new Promise<void>((done) => child.once('close', () => done()));
  const end = async () => {
    child.kill(signal);
    const impatience = graceMs === undefined ? undefined : setTimeout(() => child.kill('SIGKILL'), graceMs);
    await ended;
    clearTimeout(impatience);
  };
  for (let tries = 300; !(await isReady()); tries -= 1) {
    if (tries > 0 && child.exitCode === null && child.signalCode === null) await sleep(100);
    else {
      await end();
      throw new Error(`${program} does not answer: ${(await words).slice(-2_000)}`);
    }
  }
  return { [Symbol.asyncDispose]: end };
}

/** A port that was free a moment ago, for servers that cannot choose one and say which. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const address = server.address();
  await new Promise((closed) => server.close(closed));
  if (address === null || typeof address === 'string') throw new Error('no free port');
  return address.port;
}
