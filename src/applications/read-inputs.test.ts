import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type InputLimits, readInputs } from './read-inputs.ts';

let cwd: string;
beforeAll(async () => {
  cwd = await mkdtemp(join(tmpdir(), 'tiphys-inputs-'));
  await Promise.all(['a', 'b', 'c'].map((name) => writeFile(join(cwd, `${name}.yaml`), `${name}: 12345\n`)));
});
afterAll(() => rm(cwd, { recursive: true, force: true }));

const WIDE: InputLimits = { fileBytes: 100, totalBytes: 1_000, files: 10 };

async function read(limits: Partial<InputLimits>) {
  const signal = new AbortController().signal;
  const { inputs, failures } = await readInputs(['.'], cwd, async () => '', signal, { ...WIDE, ...limits });
  return { places: inputs.map(({ place }) => place), failures: failures.map(({ object }) => object) };
}

describe('limits', () => {
  for (const [what, limits, places, failures] of [
    ['all within', {}, ['a.yaml', 'b.yaml', 'c.yaml'], []],
    ['too many files end the reading', { files: 2 }, ['a.yaml', 'b.yaml'], ['c.yaml']],
    ['too much text ends the reading', { totalBytes: 8 }, ['a.yaml'], ['b.yaml']],
    ['a file that is too long is left out', { fileBytes: 8 }, [], ['a.yaml', 'b.yaml', 'c.yaml']],
  ] as const) {
    test(what, async () => {
      expect(await read(limits)).toEqual({ places, failures });
    });
  }

  test('an abort ends the reading', async () => {
    const aborted = AbortSignal.abort(new Error('enough'));
    await expect(readInputs(['.'], cwd, async () => '', aborted)).rejects.toThrow('enough');
  });
});
