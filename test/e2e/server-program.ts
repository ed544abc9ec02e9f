import { spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
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

// Below those that systems give to connections and to whoever asks for any port (Linux: 32768 and up): what was free
// a moment ago is not a connection's meanwhile.
const PORTS = { from: 15_000, to: 32_000 };
const given = new Set<number>();

/** A port that was free a moment ago, and no other's of this process, for servers that cannot choose one and say which. */
export async function freePort(): Promise<number> {
  for (let tries = 100; tries > 0; tries -= 1) {
    const port = randomInt(PORTS.from, PORTS.to);
    if (given.has(port) || !(await canListen(port))) continue;
    given.add(port);
    return port;
  }
  throw new Error('there is no free port');
}

async function canListen(port: number): Promise<boolean> {
  const server = createServer().listen(port, '127.0.0.1');
  try {
    await once(server, 'listening');
  } catch {
    return false;
  }
  server.close();
  await once(server, 'close');
  return true;
}
