import fc from 'fast-check';
import { expect, test } from 'vitest';
import { digestOf } from '../core/digest.ts';
import type { Platform } from '../core/platform.ts';
import type { Manifest } from './manifest.ts';
import { readConfig, readManifest, writeConfig, writeManifest } from './stored-content.ts';

const digest = fc.string().map((text) => digestOf(Buffer.from(text)));
const word = fc.string({ minLength: 1 });
const platform: fc.Arbitrary<Platform> = fc.oneof(
  fc.record({ os: word, architecture: word }),
  fc.record({ os: word, architecture: word, variant: word }),
);
const created = fc.oneof(fc.constant({}), fc.record({ createdNs: fc.bigInt() }));
const child = fc.record({ digest, isImage: fc.boolean(), platform: fc.option(platform, { nil: undefined }) });
const manifest: fc.Arbitrary<Manifest> = fc.oneof(
  fc.tuple(digest, created).map(([config, date]): Manifest => ({ kind: 'image', config, ...date })),
  fc.tuple(fc.array(child), created).map(([children, date]): Manifest => ({ kind: 'index', children, ...date })),
  fc.record({ kind: fc.constant('other' as const), mediaType: fc.string() }),
);

test('a manifest is read as it was written', () => {
  fc.assert(fc.property(manifest, (one) => void expect(readManifest(writeManifest(one))).toEqual(one)));
});

test('a config is read as it was written', () => {
  const config = fc.record({
    platform,
    createdNs: fc.option(fc.bigInt(), { nil: undefined }),
    labels: fc.dictionary(fc.string(), fc.string(), { noNullPrototype: true }),
  });
  fc.assert(fc.property(config, (one) => void expect(readConfig(writeConfig(one))).toEqual(one)));
});

for (const text of [
  '',
  'null',
  '[]',
  '{}',
  '{"kind":"image"}',
  '{"kind":"image","config":"x"}',
  '{"kind":"index","children":[{}]}',
]) {
  test(`${text || 'nothing'} is neither`, () => {
    expect([readManifest(text), readConfig(text)]).toEqual([undefined, undefined]);
  });
}
