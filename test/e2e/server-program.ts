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
  /** Asked until it says yes, for two minutes; one that throws says no. */
  readonly isReady: () => Promise<boolean>;
  /** How long it may take to end by itself; half a minute without. */
  readonly graceMs?: number;
  /** What ends it; SIGTERM without. */
  readonly signal?: NodeJS.Signals;
}

// It ends the server when this process dies without having done so.
const WITH_PARENT = ['/usr/bin/setpriv', '--pdeathsig', 'TERM', '--'];
const READY_WITHIN_MS = 120_000;
const ANSWER_WITHIN_MS = 10_000;

/** It has ended by itself before it was ready. */
class EarlyEnd extends Error {}

/**
 * Starts a server and waits until it is ready; disposing ends it. One that ends before is started once more: what it
 * could not have, as a port, it may have a moment later.
 * @throws {Error}  with its last words when that does not help, or it is not ready in time
 */
export async function startServerProgram(server: ServerProgram): Promise<AsyncDisposable> {
  try {
    return await startOnce(server);
  } catch (error) {
    if (!(error instanceof EarlyEnd)) throw error;
    process.stderr.write(`${error.message}\nIt is started once more.\n`);
    await sleep(1_000);
    return await startOnce(server);
  }
}

async function startOnce(server: ServerProgram): Promise<AsyncDisposable> {
  const { program, args, env, isReady, graceMs = 30_000, signal } = server;
  const [command = program, ...rest] = existsSync(WITH_PARENT[0] ?? '')
    ? [...WITH_PARENT, program, ...args]
    : [program, ...args];
  const child = spawn(command, rest, { stdio: ['ignore', 'ignore', 'pipe'], env });
  const words = text(child.stderr);
  let hasEnded = false;
  const ended = once(child, 'close').then(() => {
    hasEnded = true;
  });
  const end = async () => {
    child.kill(signal);
    const impatience = setTimeout(() => child.kill('SIGKILL'), graceMs);
    await ended;
    clearTimeout(impatience);
  };
  const deadlineMs = performance.now() + READY_WITHIN_MS;
  while (!hasEnded && performance.now() < deadlineMs) {
    const late = sleep(ANSWER_WITHIN_MS, false, { ref: false });
    const answer = await Promise.race([isReady().catch(() => false), late, ended]);
    // Where it has ended, somebody else has answered.
    if (answer === true && !hasEnded) return { [Symbol.asyncDispose]: end };
    await sleep(100);
  }
  if (hasEnded) throw new EarlyEnd(`${program} has ended before it was ready: ${(await words).slice(-2_000)}`);
  await end();
  throw new Error(`${program} is not ready after ${READY_WITHIN_MS / 1_000} s: ${(await words).slice(-2_000)}`);
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
