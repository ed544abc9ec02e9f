import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A folder of shell scripts. */
export interface Programs extends AsyncDisposable {
  readonly folder: string;
  /** Writes an executable script. @returns its path */
  write(name: string, ...lines: readonly string[]): Promise<string>;
  /** How often the script has run, for those that end in `count`. */
  runs(): Promise<number>;
  /** A line for a script that is to be counted. */
  readonly count: string;
}

export async function makePrograms(): Promise<Programs> {
  const folder = await mkdtemp(join(tmpdir(), 'tiphys-programs-'));
  const counter = join(folder, 'runs');
  return {
    folder,
    async write(name, ...lines) {
      const path = join(folder, name);
      await writeFile(path, ['#!/bin/sh', ...lines, ''].join('\n'));
      await chmod(path, 0o755);
      return path;
    },
    count: `echo run >> ${counter}`,
    runs: async () => (await readFile(counter, 'utf8').catch(() => '')).split('\n').length - 1,
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  };
}
