import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { changedListing, locate, obstacle, parseTree } from './tree-listing.ts';

const oid = (digit: string) => digit.repeat(40);
const entry = (mode: string, digit: string, path: string) =>
  `${mode} ${mode === '160000' ? 'commit' : 'blob'} ${oid(digit)}\t${path}\0`;
const OUTPUT = Buffer.concat([
  Buffer.from(entry('100644', 'a', 'apps/a.yaml') + entry('100755', 'b', 'run.sh')),
  Buffer.from(entry('120000', 'c', 'link') + entry('120000', 'd', 'apps/up')),
  Buffer.from(entry('160000', 'e', 'vendor/lib') + entry('100644', 'f', 'with\ttab and ä')),
  Buffer.from('100644 blob '),
  Buffer.from(`${oid('9')}\t`),
  Buffer.from([0xff, 0xfe, 0]),
]);
const listing = parseTree(oid('1'), OUTPUT);
const targets = new Map([
  [oid('c'), 'apps'],
  [oid('d'), '../link/up/..'],
]);

describe('parseTree', () => {
  test('keeps files, links and submodules apart, and leaves out names that are not UTF-8', () => {
    expect(listing.paths).toEqual(['apps/a.yaml', 'run.sh', 'with\ttab and ä']);
    expect(listing.files.get('run.sh')).toEqual({ mode: '100755', oid: oid('b') });
    expect([...listing.links.keys()]).toEqual(['link', 'apps/up']);
    expect([...listing.submodules]).toEqual(['vendor/lib']);
  });
});

describe('changedListing', () => {
  const path = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 3 }).filter((text) => !text.includes('\0'));
  const anyEntry = fc.record({
    mode: fc.constantFrom('100644', '100755', '120000', '160000'),
    oid: fc.constantFrom(oid('a'), oid('b')),
  });
  const tree = fc.dictionary(path, anyEntry, { maxKeys: 8, noNullPrototype: true });
  const listed = (commit: string, entries: Readonly<Record<string, { mode: string; oid: string }>>) => {
    const sorted = Object.keys(entries).sort((one, other) => Buffer.compare(Buffer.from(one), Buffer.from(other)));
    const lines = sorted.map((name) => `${entries[name]?.mode} blob ${entries[name]?.oid}\t${name}\0`);
    return parseTree(commit, Buffer.from(lines.join('')));
  };

  test('is what listing the other commit would be', () => {
    fc.assert(
      fc.property(tree, tree, (before, after) => {
        const old = listed(oid('1'), before);
        const names = [...Object.keys(before), ...Object.keys(after)];
        const changed = changedListing(
          old,
          oid('2'),
          names.map((name) => [name, after[name]]),
        );
        expect(changed).toEqual(listed(oid('2'), after));
        expect(old).toEqual(listed(oid('1'), before));
      }),
    );
  });
});

describe('locate', () => {
  for (const [path, expected] of [
    ['apps/a.yaml', { kind: 'file', path: 'apps/a.yaml' }],
    ['link/a.yaml', { kind: 'file', path: 'apps/a.yaml' }],
    ['link', { kind: 'absent', path: 'apps' }],
    ['link/new.yaml', { kind: 'absent', path: 'apps/new.yaml' }],
    ['apps/up', { kind: 'outside' }],
    ['vendor/lib', { kind: 'outside' }],
    ['vendor/lib/x', { kind: 'outside' }],
    ['vendor/x', { kind: 'absent', path: 'vendor/x' }],
    ['../x', { kind: 'outside' }],
    ['.', { kind: 'absent', path: '' }],
  ] as const) {
    test(`${path} is ${expected.kind}`, () => expect(locate(listing, targets, path)).toMatchObject(expected));
  }

  test('asks for the target of a link that is not known yet', () => {
    expect(locate(listing, new Map(), 'link/a.yaml')).toEqual({ kind: 'link', oid: oid('c') });
  });

  test('always ends, and never outside the tree', () => {
    const part = fc.constantFrom('a', 'b', 'c', '..', '.', '/', '.git');
    const path = fc.array(part, { minLength: 1, maxLength: 5 }).map((parts) => parts.join('/'));
    const links = fc.dictionary(fc.constantFrom('a', 'b', 'a/b', 'c/a', 'b/c'), path);
    fc.assert(
      fc.property(links, path, (all, asked) => {
        const tree = { ...listing, files: new Map(), links: new Map(Object.keys(all).map((name) => [name, name])) };
        const place = locate(tree, new Map(Object.entries(all)), asked);
        if (place.kind === 'absent') expect(`/${place.path}/`).not.toMatch(/\/(\.\.?|\.git)\//);
        else expect(place.kind).toBe('outside');
      }),
    );
  });
});

describe('obstacle', () => {
  for (const [path, expected] of [
    ['apps/new.yaml', undefined],
    ['new/folder/new.yaml', undefined],
    ['apps', 'apps is a folder'],
    ['vendor', 'vendor is a folder'],
    ['run.sh/x', 'run.sh is a file'],
    ['', 'root folder'],
  ] as const) {
    test(`${JSON.stringify(path)}: ${expected ?? 'none'}`, () => {
      const found = obstacle(listing, path);
      if (expected === undefined) expect(found).toBeUndefined();
      else expect(found).toContain(expected);
    });
  }
});
