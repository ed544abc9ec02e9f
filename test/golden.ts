import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';

const folder = resolve(import.meta.dirname, '../../shared/testdata');

/** Whether the golden data (answers of the real programs, one JSON case per line) lies beside the project. */
export const hasGolden = existsSync(folder);

/** What to put into the name of a test that is skipped without the data. */
export const needsGolden = 'needs ../shared/testdata';

/** All cases of one file. */
export function goldenCases<Case>(file: string): Case[] {
  return readFileSync(resolve(folder, file), 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line): Case => JSON.parse(line));
}
