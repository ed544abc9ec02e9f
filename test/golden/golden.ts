import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** All cases of one file beside this one: answers of the real programs, one JSON case per line; see README.md there. */
export function goldenCases<Case>(file: string): Case[] {
  return readFileSync(join(import.meta.dirname, file), 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line): Case => JSON.parse(line));
}
