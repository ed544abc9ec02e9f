import { globSync, readFileSync } from 'node:fs';
import { dirname, relative, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';

const CENTRE = ['core', 'strategies'];
const MIDDLE = [
  ...['config', 'applications', 'sources', 'registries', 'store', 'git', 'writeback', 'forges'],
  ...['kubernetes', 'argocd-api'],
];

/** Which rooms a room may import, besides itself. Only main.ts and the wiring import them all. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  core: [],
  strategies: ['core'],
  ports: ['core'],
  ...Object.fromEntries(MIDDLE.map((room) => [room, [...CENTRE, 'ports']])),
  demo: ['core', 'ports'],
  controller: [...CENTRE, 'ports', ...MIDDLE],
  pipelines: [...CENTRE, 'ports', ...MIDDLE, 'controller'],
  server: [...CENTRE, 'ports', 'config'],
  cli: [...CENTRE, 'ports', 'config', 'controller'],
};

const WIRES = ['main.ts', 'wiring'];

const src = import.meta.dirname;
const files = globSync('**/*.ts', { cwd: src, exclude: ['**/*.test.ts'] });

describe('rooms import only what ARCHITECTURE.md allows', () => {
  test('every file stands in a known room', () => {
    const rooms = files.filter((file) => !WIRES.includes(roomOf(file))).map(roomOf);
    expect([...new Set(rooms)].sort()).toEqual(Object.keys(MAY_IMPORT).sort());
  });

  for (const file of files) {
    const room = roomOf(file);
    if (WIRES.includes(room)) continue;
    test(`${file} imports from ${[room, ...(MAY_IMPORT[room] ?? [])].join(', ')} only`, () => {
      const strangers = importsOf(file).filter((target) => target !== room && !MAY_IMPORT[room]?.includes(target));
      expect(strangers).toEqual([]);
    });
  }
});

test('no two files need each other, be it for a type', () => {
  const needed = new Map(files.map((file) => [file, filesNeededBy(file)]));
  // Whoever needs nothing that is left, or is needed by nothing, is taken away; what is left at last is the circles.
  for (let isOver = false; !isOver; ) {
    const wanted = new Set([...needed.values()].flat());
    const free = [...needed].filter(([file, others]) => !wanted.has(file) || !others.some((one) => needed.has(one)));
    for (const [file] of free) needed.delete(file);
    isOver = free.length === 0;
  }
  expect([...needed.keys()]).toEqual([]);
});

describe('only the edge touches the world', () => {
  const WORLD = /^(?:node:(?!path\b|crypto\b|util\b)|undici$|commander$)/;
  // Addresses are read by the same rules as they are connected to.
  const ADDRESSES = "import { BlockList, isIP } from 'node:net';";
  for (const file of files.filter((name) => CENTRE.includes(roomOf(name)) || roomOf(name) === 'ports')) {
    test(`${file} does no input or output`, () => {
      const text = readFileSync(resolve(src, file), 'utf8').replace(ADDRESSES, '');
      expect(specifiersIn(text).filter((specifier) => WORLD.test(specifier))).toEqual([]);
      expect(text).not.toMatch(/\bDate\.now\(|\bnew Date\(\)|Math\.random\(|process\./);
    });
  }
});

function roomOf(file: string): string {
  return file.split('/')[0] ?? '';
}

function specifiersOf(file: string): readonly string[] {
  return specifiersIn(readFileSync(resolve(src, file), 'utf8'));
}

function specifiersIn(text: string): readonly string[] {
  return [...text.matchAll(/(?:from|import\()\s*'([^']+)'/g)].map(([, specifier = '']) => specifier);
}

/** The files of a file's relative imports, lazy ones included. */
function filesNeededBy(file: string): readonly string[] {
  return specifiersOf(file)
    .filter((specifier) => specifier.startsWith('.'))
    .map((specifier) => relative(src, resolve(src, dirname(file), specifier)));
}

function importsOf(file: string): readonly string[] {
  return filesNeededBy(file).map(roomOf);
}
