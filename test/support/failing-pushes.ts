// Pushes that fail, in a process of their own, so that what is left of them can be told from what other tests do.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Failure } from '../../src/core/failure.ts';
import { LAB_ENV, openLab } from './git-lab.ts';

export interface FailingPushesResult {
  /** How often each failure came; "pushed" for what succeeded. */
  readonly outcomes: Readonly<Record<string, number>>;
  /** Command lines of gits, and of what they have started, that still run. */
  readonly processes: readonly string[];
  /** Files in the state folder that no mirror has a use for: temporary ones, locks, refs of what was pushed. */
  readonly files: readonly string[];
  /** How many more files and sockets are open than before. */
  readonly handles: number;
}

/** Linux only: it looks at /proc. @param onPush is told how many have ended */
export async function failingPushes(count: number, onPush?: (done: number) => void): Promise<FailingPushesResult> {
  const child = fork(import.meta.filename, [String(count)]);
  const exit = once(child, 'exit');
  const failed = exit.then(([code]) => Promise.reject(new Error(`it left with ${code}`)));
  const result = new Promise<FailingPushesResult>((resolve) => {
    child.on('message', (told: FailingPushesResult | number) => {
      if (typeof told === 'number') onPush?.(told);
      else resolve(told);
    });
  });
  const told = await Promise.race([result, failed]);
  await exit;
  return told;
}

// How a push comes to its end: a hook says no, the server does, it hangs, or we are told to stop.
type End = 'hook' | 'forbidden' | 'hangs' | 'stopped';
const ENDS: readonly End[] = ['hook', 'forbidden', 'hook', 'stopped', 'hook', 'forbidden', 'hook', 'stopped', 'hangs'];
const AT_ONCE = 8;

async function pushAndFail(count: number): Promise<FailingPushesResult> {
  await using lab = await openLab({
    intercept: ({ method, path }, response) => {
      if (method !== 'POST' || !path.endsWith('git-receive-pack')) return false;
      if (path.startsWith('/forbidden')) response.writeHead(403).end();
      return path.startsWith('/forbidden') || path.startsWith('/hangs');
    },
  });
  const urls = new Map<End, string>();
  for (const end of new Set(ENDS)) {
    const repository = await lab.createRepository(`${end}.git`, { files: new Map([['a.yaml', 'a\n']]) });
    const hook = join(repository.path, 'hooks', 'pre-receive');
    if (end === 'hook') await writeFile(hook, '#!/bin/sh\nexit 1\n', { mode: 0o755 });
    urls.set(end, repository.url);
  }
  const outcomes: Record<string, number> = {};
  let done = 0;
  const before = await openHandles();
  {
    // Every git keeps TMPDIR, by which it is known again, whoever its parent is.
    await using git = lab.openGit({ timeouts: { pushMs: 3_000 }, env: { ...LAB_ENV, TMPDIR: lab.folder } });
    const pushOne = async (number: number) => {
      const end = ENDS[number % ENDS.length] ?? 'hook';
      const signal = AbortSignal.timeout(end === 'stopped' ? Math.floor(Math.random() * 100) : 600_000);
      const ref = { repoURL: urls.get(end) ?? '', branch: 'main', project: 'default' };
      const compose = async () => [{ message: 'm\n', files: new Map([['a.yaml', Buffer.from(`${number}\n`)]]) }];
      const outcome = await git.push(ref, compose, signal).then(({ kind }) => kind, codeOf);
      outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
    };
    const numbers = Array.from({ length: count }, (_, number) => number).values();
    const worker = async () => {
      for (const number of numbers) {
        await pushOne(number);
        done += 1;
        process.send?.(done);
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, worker));
  }
  await sleep(500); // sockets of clients that have ended are closed by the next turns of the server
  return {
    outcomes,
    processes: await processesWith(`TMPDIR=${lab.folder}`),
    files: (await readdir(join(lab.stateDir, 'mirrors'), { recursive: true })).filter((path) => LEFT.test(path)),
    handles: (await openHandles()) - before,
  };
}

const LEFT = /\.new|tmp_|\.lock$|\/refs\/tiphys\/push\/./;

function codeOf(error: unknown): string {
  if (error instanceof Failure) return error.code;
  throw error;
}

async function openHandles(): Promise<number> {
  return (await readdir('/proc/self/fd')).length;
}

async function processesWith(variable: string): Promise<readonly string[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const read = (pid: string, file: string) => readFile(`/proc/${pid}/${file}`, 'latin1').catch(() => '');
  const found = await Promise.all(
    pids.map(async (pid) => {
      const environment = (await read(pid, 'environ')).split('\0');
      return environment.includes(variable) ? [(await read(pid, 'cmdline')).replaceAll('\0', ' ')] : [];
    }),
  );
  return found.flat();
}

if (import.meta.main) process.send?.(await pushAndFail(Number(process.argv[2])));
