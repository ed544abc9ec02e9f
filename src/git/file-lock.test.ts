import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleepFor } from 'node:timers/promises';
import { afterAll, describe, expect, test } from 'vitest';
import { ifUnlocked, withFileLock, withSharedLock } from './file-lock.ts';

const folder = mkdtempSync(join(tmpdir(), 'tiphys-lock-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const wait = (mostMs: number, signal = AbortSignal.timeout(600_000)) => ({
  mostMs,
  signal,
  sleep: (ms: number, stop: AbortSignal) => sleepFor(ms, undefined, { signal: stop }),
});

describe('withFileLock', () => {
  test('one at a time', async () => {
    const path = join(folder, 'one');
    let inside = 0;
    const results = await Promise.all(
      [1, 2, 3].map((value) =>
        withFileLock(path, wait(60_000), async () => {
          inside += 1;
          expect(inside).toBe(1);
          await sleepFor(20);
          inside -= 1;
          return value;
        }),
      ),
    );
    expect(results).toEqual([1, 2, 3]);
  });

  test('many share it, and none of them beside one who has it alone', async () => {
    const path = join(folder, 'shared');
    const met = [Promise.withResolvers<void>(), Promise.withResolvers<void>()] as const;
    const [one, other] = [met[0], met[1]].map((own, index) =>
      withSharedLock(path, wait(60_000), async () => {
        own.resolve();
        await met[index === 0 ? 1 : 0].promise;
        await expect(withFileLock(path, wait(0), async () => 'never')).rejects.toMatchObject({ code: 'STATE_LOCKED' });
        expect(await ifUnlocked(path, async () => undefined)).toBe(false);
      }),
    );
    await Promise.all([one, other]);
    const alone = ifUnlocked(path, async () => {
      await expect(withSharedLock(path, wait(0), async () => 0)).rejects.toMatchObject({ code: 'STATE_LOCKED' });
    });
    expect(await alone).toBe(true);
    expect(await withSharedLock(path, wait(0), async () => 'free')).toBe('free');
  });

  test('is let go when the work fails', async () => {
    const path = join(folder, 'fails');
    const broken = withFileLock(path, wait(0), async () => {
      throw new Error('broken');
    });
    await expect(broken).rejects.toThrow('broken');
    expect(await withFileLock(path, wait(0), async () => 'free')).toBe('free');
  });

  test('another process keeps us waiting until STATE_LOCKED, and its death sets us free', async () => {
    const path = join(folder, 'other');
    const program = `
      const { DatabaseSync } = require('node:sqlite');
      const lock = new DatabaseSync(process.argv[1]);
      lock.exec('BEGIN EXCLUSIVE');
      console.log('held');
      setInterval(() => lock, 1000);
    `;
    const other = spawn(process.execPath, ['-e', program, path], { stdio: ['ignore', 'pipe', 'inherit'] });
    await new Promise((resolve) => other.stdout.once('data', resolve));
    const failure = withFileLock(path, wait(60), async () => 'never');
    await expect(failure).rejects.toMatchObject({ code: 'STATE_LOCKED', fix: expect.stringContaining('--state-dir') });
    setTimeout(() => other.kill('SIGKILL'), 50);
    expect(await withFileLock(path, wait(60_000), async () => 'free')).toBe('free');
  });

  test('makes the folder of its file, whoever else makes it at the same time', async () => {
    const path = join(folder, 'a', 'b', 'c', 'lock');
    const works = [1, 2, 3, 4].map((value) => withFileLock(path, wait(60_000), async () => value));
    expect(await Promise.all(works)).toEqual([1, 2, 3, 4]);
  });

  test.skipIf(process.platform !== 'linux')('a folder that cannot be made is a failure, and no wait', async () => {
    const broken = withFileLock('/proc/tiphys/mirrors/lock', wait(0), async () => 'never');
    await expect(broken).rejects.toMatchObject({ code: 'GIT_FAILED', fix: expect.stringContaining('--state-dir') });
  });

  test('stops waiting when it is told to', async () => {
    const path = join(folder, 'stop');
    await withFileLock(path, wait(0), async () => {
      const stopped = withFileLock(path, wait(60_000, AbortSignal.timeout(30)), async () => 'never');
      await expect(stopped).rejects.toMatchObject({ code: 'ABORTED' });
    });
  });
});
