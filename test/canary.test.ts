import { execFile } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { CANARY, holdsCanary } from './support/canary.ts';
import { testRegistries } from './support/registries.ts';
import { run, startWorld } from './support/world.ts';

// That a planted secret would be found, wherever it came out.

const VITEST = join(import.meta.dirname, '../node_modules/vitest/vitest.mjs');
const CONFIG = join(import.meta.dirname, 'support/leak/vitest.config.ts');

for (const [LEAK, LEAK_POOL, code, verdict] of [
  ['log', 'threads', 1, '1 passed, 1 failed, 0 skipped'],
  ['header', 'threads', 1, '1 passed, 1 failed, 0 skipped'],
  ['error', 'forks', 1, '1 passed, 1 failed, 0 skipped'],
  ['nothing', 'forks', 0, '1 passed, 0 failed, 0 skipped'],
] as const) {
  test.concurrent(`a test run in ${LEAK_POOL} that prints it in "${LEAK}" ends with ${code}`, async () => {
    const env = { PATH: process.env['PATH'], HOME: tmpdir(), LEAK, LEAK_POOL };
    const args = [VITEST, 'run', '--config', CONFIG];
    const ended = await new Promise<{ code: unknown; stdout: string }>((resolve) => {
      execFile(process.execPath, args, { env }, (error, stdout) => resolve({ code: error?.code ?? 0, stdout }));
    });
    expect(ended.stdout.trimEnd().split('\n').at(-1)).toBe(verdict);
    expect(ended.code).toBe(code);
  });
}

for (const form of [CANARY, btoa(CANARY), btoa(`a:${CANARY}`), btoa(`ab:${CANARY}`), encodeURIComponent(CANARY)]) {
  test('it is found in clear and within base64', () => {
    expect(holdsCanary(`header ${form} end`)).toBe(true);
  });
}

test('a program that prints it', async () => {
  const ended = run(process.execPath, ['-e', `console.error(${JSON.stringify(CANARY)})`], tmpdir(), {});
  await expect(ended).rejects.toThrow('holds a planted secret');
});

test('a program that leaves it in its state folder', async () => {
  const world = await startWorld();
  await mkdir(join(world.folder, 'state/deep'), { recursive: true });
  await writeFile(join(world.folder, 'state/deep/file'), `\0${CANARY}\0`);
  await expect(world[Symbol.asyncDispose]()).rejects.toThrow('holds a planted secret');
});

test('a failure of a registry that shows it', async () => {
  await using registries = testRegistries();
  const list = registries.scan().listTags({ registry: CANARY, repository: 'acme/shop' }, new AbortController().signal);
  await expect(list).rejects.toThrow('a failure holds a planted secret');
});
