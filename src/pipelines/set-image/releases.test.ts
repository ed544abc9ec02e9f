import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { fits } from '../../../test/support/json-schema.ts';
import type { Untyped } from '../../core/untyped.ts';
import { readReleases } from './releases.ts';

const root = resolve(import.meta.dirname, '../../..');
const schema: Untyped = JSON.parse(readFileSync(resolve(root, 'schemas/releases.schema.json'), 'utf8'));

test('the example is read whole', () => {
  const { paths, failures } = readReleases('r', readFileSync(resolve(root, 'examples/releases.yaml'), 'utf8'));
  expect(failures).toEqual([]);
  expect(paths.map(({ path, images, keys }) => [path, images.map(({ text }) => text), keys])).toEqual([
    ['envs/staging', ['acme/web=registry.example.com/acme/web:1.5.0-rc.1', 'acme/api:2.3.1'], {}],
    ['envs/production', ['acme/web=registry.example.com/acme/web:1.4.2'], {}],
    ['charts/web/values.yaml', ['acme/web:1.4.2'], { tag: 'image.tag' }],
  ]);
});

describe('everything that is wrong has its place and a remedy', () => {
  for (const [text, object, message, fix] of [
    ['releases: []', 'r.yaml:1:1', 'releases: there are none', 'list paths under releases:, each with its images'],
    ['release: []', 'r.yaml:1:1', 'release: there is no such key', 'write releases'],
    ['releases:\n- images: [a:1]', 'r.yaml:2:3', 'releases[0].path: is missing or empty', 'name a file or folder'],
    [
      'releases:\n- path: a\n  images: [b:1, web]',
      'r.yaml:3:17',
      'releases[0].images[1]: "web" is only a name; write NAME:TAG, NAME@DIGEST or NAME=IMAGE',
      'write NAME=IMAGE:TAG, NAME:TAG or NAME@DIGEST',
    ],
    [
      'releases:\n- {path: a, images: [a:1], tagKey: b}',
      'r.yaml:2:28',
      'releases[0].tagKey: there is no such key',
      undefined,
    ],
    [
      'releases:\n- {path: a, images: [a:1], key: b, specKey: c}',
      'r.yaml:2:36',
      'releases[0].specKey: stands beside other keys',
      'keep specKey, or key and nameKey',
    ],
    [
      'releases:\n- {path: a, images: [b:1, c:1]}\n- {path: ./a/, images: ["b=x/b:2"]}\n- {path: a, images: [b:1], key: c}',
      'r.yaml:3:16',
      'releases[1].images: name b a second time for ./a/',
      'keep one of the two',
    ],
    ['releases:\n- {path: a, images: web}', 'r.yaml:2:13', expect.stringContaining('must be a list'), 'write ["web"]'],
    ['a: [', 'r.yaml:1:5', expect.stringContaining('cannot be read'), undefined],
  ] as const) {
    test(JSON.stringify(text), () => {
      const { paths, failures } = readReleases('r.yaml', text);
      expect(paths).toEqual([]);
      expect(failures).toMatchObject([{ object, message, ...(fix === undefined ? {} : { fix }) }]);
    });
  }
});

describe('the schema for editors says the same', () => {
  for (const release of [
    { path: 'a', images: ['a:1'] },
    { path: 'a', images: ['a:1'], key: 'b', nameKey: null, container: 'c' },
    { path: 'a', images: ['a:1'], specKey: 'b' },
    { path: 'a' },
    { images: ['a:1'] },
    { path: 'a', images: 'a:1' },
    { path: 'a', images: ['a:1'], tag: '1' },
    { path: ['a'], images: ['a:1'] },
    'a',
  ]) {
    test(JSON.stringify(release), () => {
      const text = JSON.stringify({ releases: [release] });
      expect(fits(schema, JSON.parse(text))).toBe(readReleases('r', text).failures.length === 0);
    });
  }
});
