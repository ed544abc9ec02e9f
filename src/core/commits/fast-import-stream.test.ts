import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { fastImportStream, quotePath } from './fast-import-stream.ts';

const identity = { name: 'Tiphys', email: 'tiphys@example.com' };
const at = new Date('2024-05-06T07:08:09.999Z');
const bytes = Buffer.from('x');

describe('fastImportStream', () => {
  const folder = mkdtempSync(join(tmpdir(), 'tiphys-fast-import-'));
  const env = {
    PATH: process.env['PATH'] ?? '',
    LC_ALL: 'C',
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_CONFIG_GLOBAL: '/dev/null',
  };
  const git = (args: readonly string[], input?: Uint8Array) =>
    execFileSync('git', args, { cwd: folder, env, ...(input === undefined ? {} : { input }) }).toString();
  const load = (input: Uint8Array) => git(['fast-import', '--quiet', '--force', '--date-format=raw'], input);
  beforeAll(() => git(['init', '--quiet', '--bare', '.']));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test('git writes the commits as they were asked for, and prints their ids', () => {
    const commits = [
      { message: 'one\n\nTrailer: x', files: [{ path: 'a', mode: '100755', bytes: Buffer.from([0, 10, 255]) }] },
      { message: '', files: [{ path: 'b/c', mode: '120000', bytes: Buffer.from('../a') }] },
    ];
    const ids = load(fastImportStream({ ref: 'refs/heads/t', identity, at, commits }))
      .trim()
      .split('\n');
    expect(ids).toEqual(git(['rev-list', '--reverse', 'refs/heads/t']).trim().split('\n'));
    expect(git(['log', '-1', '--format=%an <%ae> %at %cn %ct|%B|', ids[0] ?? ''])).toBe(
      'Tiphys <tiphys@example.com> 1714979289 Tiphys 1714979289|one\n\nTrailer: x|\n',
    );
    const tree = git(['ls-tree', '-r', ids[1] ?? '']);
    expect(tree).toMatch(/^100755 blob \w+\ta\n120000 blob \w+\tb\/c\n$/);
    expect(git(['cat-file', 'blob', `${ids[1]}:a`])).toBe(Buffer.from([0, 10, 255]).toString());
  });

  test('a later stream goes on from a given commit', () => {
    const first = {
      ref: 'refs/heads/u',
      identity,
      at,
      commits: [{ message: '1', files: [{ path: 'a', mode: '100644', bytes }] }],
    };
    const from = load(fastImportStream(first)).trim();
    const second = { ...first, from, commits: [{ message: '2', files: [{ path: 'b', mode: '100644', bytes }] }] };
    const head = load(fastImportStream(second)).trim();
    expect(git(['rev-parse', `${head}^`]).trim()).toBe(from);
    expect(git(['ls-tree', '--name-only', head])).toBe('a\nb\n');
  });

  test('an identity cannot smuggle in a command', () => {
    const evil = { name: 'x> 0 +0000\ncommit refs/heads/evil', email: 'a<b>\n' };
    const commits = [{ message: 'm', files: [] }];
    const id = load(fastImportStream({ ref: 'refs/heads/v', identity: evil, at, commits })).trim();
    expect(git(['log', '-1', '--format=%an|%ae', id])).toBe('x 0 +0000commit refs/heads/evil|ab\n');
    expect(git(['for-each-ref', 'refs/heads/evil'])).toBe('');
  });

  test('any file name that git can hold arrives as it is', () => {
    const name = fc
      .string({ unit: fc.oneof(fc.constantFrom('"', '\\', '\n', '\t', ' ', "'", 'ä', '€', '\u007f'), fc.string()) })
      .map((text) => text.replace(/[/\0]/g, '').toWellFormed().slice(0, 60))
      .filter((text) => !['', '.', '..'].includes(text) && !/^\.?git/i.test(text));
    const names = [...new Set(fc.sample(name, 400))];
    const files = names.map((path) => ({ path: `d/${path}`, mode: '100644', bytes }));
    const id = load(fastImportStream({ ref: 'refs/heads/w', identity, at, commits: [{ message: 'm', files }] })).trim();
    const found = git(['ls-tree', '-z', '--name-only', `${id}:d`])
      .split('\0')
      .filter(Boolean);
    expect(found.toSorted()).toEqual(names.toSorted());
  });
});

test('quotePath leaves ordinary names readable', () => {
  expect(quotePath('apps/shop/ä b.yaml')).toBe('"apps/shop/ä b.yaml"');
  expect(quotePath('a"\\\n\t')).toBe('"a\\"\\\\\\012\\011"');
});
