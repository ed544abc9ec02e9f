import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, describe, expect, test } from 'vitest';
import { gitProcesses } from './processes.ts';

const folder = mkdtempSync(join(tmpdir(), 'tiphys-processes-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** An environment in which `git` is this script: the only way to make it hang, flood and fork as needed. */
function fakeGit(script: string): { readonly PATH: string } {
  const bin = mkdtempSync(join(folder, 'bin-'));
  writeFileSync(join(bin, 'git'), `#!/bin/sh\n${script}\n`);
  chmodSync(join(bin, 'git'), 0o755);
  return { PATH: `${bin}:${process.env['PATH']}` };
}

describe('gitProcesses', () => {
  test('hands over input and brings back output, errors and exit code', async () => {
    await using processes = gitProcesses(2);
    const env = fakeGit('echo "$@"; cat; echo oops >&2; exit 3');
    const exit = await processes.run({
      args: ['status', '--x'],
      about: 'x',
      env,
      input: Buffer.from('in\n'),
      timeoutMs: 60_000,
    });
    expect([exit.code, exit.stdout.toString(), exit.stderr]).toEqual([3, 'status --x\nin\n', 'oops\n']);
  });

  test('ends a git that takes too long, and the helpers it has started', async () => {
    await using processes = gitProcesses(2);
    const heart = join(folder, 'heart');
    const env = fakeGit(
      `(trap '' TERM; while :; do echo beat >> ${heart}; sleep 0.1; done) > /dev/null 2>&1 & exec sleep 600`,
    );
    const run = processes.run({ args: ['fetch'], about: 'x', env, timeoutMs: 2_000 });
    await expect(run).rejects.toMatchObject({ code: 'GIT_TIMEOUT' });
    const beats = readFileSync(heart, 'utf8');
    await sleep(500);
    expect(beats).not.toBe('');
    expect(readFileSync(heart, 'utf8')).toBe(beats);
  });

  test('one that will not end is killed', async () => {
    await using processes = gitProcesses(2, undefined, 100);
    const env = fakeGit("trap '' TERM; while :; do sleep 0.05; done");
    const run = processes.run({ args: ['fetch'], about: 'x', env, timeoutMs: 100 });
    await expect(run).rejects.toMatchObject({ code: 'GIT_TIMEOUT' });
  });

  test('ends a git when it is told to, and starts none afterwards', async () => {
    await using processes = gitProcesses(2);
    const marker = join(folder, 'started');
    const env = fakeGit(`touch ${marker}; exec sleep 600`);
    const stop = new AbortController();
    setTimeout(() => stop.abort(), 100);
    const command = { args: ['fetch'], about: 'x', env, timeoutMs: 30_000, signal: stop.signal };
    await expect(processes.run(command)).rejects.toMatchObject({ code: 'ABORTED' });
    rmSync(marker, { force: true });
    await expect(processes.run(command)).rejects.toMatchObject({ code: 'ABORTED' });
    expect(existsSync(marker)).toBe(false);
  });

  test('output without end is cut off', async () => {
    await using processes = gitProcesses(2);
    const env = fakeGit('exec cat /dev/zero');
    const run = processes.run({ args: ['ls-tree'], about: 'x', env, timeoutMs: 30_000 });
    await expect(run).rejects.toMatchObject({ code: 'GIT_FAILED', message: expect.stringContaining('128 MiB') });
  });

  test('of endless errors only the end is kept', async () => {
    await using processes = gitProcesses(2);
    const env = fakeGit('head -c 1000000 /dev/zero | tr "\\0" x >&2; echo last >&2; exit 1');
    const { stderr } = await processes.run({ args: ['fetch'], about: 'x', env, timeoutMs: 30_000 });
    expect(stderr.length).toBeLessThan(40_000);
    expect(stderr).toMatch(/xlast\n$/);
  });

  test('runs no more at once than allowed', async () => {
    const counter = join(folder, 'count');
    writeFileSync(counter, '');
    await using processes = gitProcesses(2);
    const env = fakeGit(`echo + >> ${counter}; sleep 0.1; echo - >> ${counter}`);
    await Promise.all(
      Array.from({ length: 6 }, () => processes.run({ args: ['x'], about: 'x', env, timeoutMs: 60_000 })),
    );
    let [now, most] = [0, 0];
    for (const line of readFileSync(counter, 'utf8').trim().split('\n')) {
      now += line === '+' ? 1 : -1;
      most = Math.max(most, now);
    }
    expect([now, most]).toEqual([0, 2]);
  });

  test('disposing ends what still runs', async () => {
    const processes = gitProcesses(2);
    const run = processes.run({ args: ['fetch'], about: 'x', env: fakeGit('exec sleep 600'), timeoutMs: 30_000 });
    await sleep(100);
    await processes[Symbol.asyncDispose]();
    expect((await run).code).toBe(128);
  });
});
