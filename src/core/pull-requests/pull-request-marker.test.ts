import fc from 'fast-check';
import { expect, test } from 'vitest';
import { versionFrom } from '../../../test/support/target-images.ts';
import { fingerprint, formatMarker, type Marker, parseMarker, proposalId, withMarker } from './pull-request-marker.ts';

const id = fc.tuple(fc.string(), fc.string()).map(([app, alias]) => proposalId(app, alias, versionFrom('1.0')));
const marker: fc.Arbitrary<Marker> = fc.record({
  state: fc.constantFrom('open', 'blocked', 'closed'),
  text: fc.array(fc.string()).map(fingerprint),
  patch: fc.array(fc.string()).map(fingerprint),
  base: fc.constant('a'.repeat(40)),
  head: fc.constant('b'.repeat(64)),
  proposals: fc.array(id).map((ids) => new Set(ids)),
});

test('what is written is read, wherever it stands', () => {
  fc.assert(
    fc.property(marker, fc.string({ unit: 'binary' }), (written, body) => {
      expect(parseMarker(`${body}\n\n${formatMarker(written)}`)).toEqual(written);
      const edited = `${body}\n\n${formatMarker(written)}\n`.replaceAll('\n', '\r\n');
      expect(parseMarker(`${edited}a person added this`)).toEqual(written);
    }),
  );
});

test('the last one counts, and any other text is none', () => {
  fc.assert(
    fc.property(marker, marker, fc.string(), (first, last, text) => {
      expect(parseMarker(`${formatMarker(first)}\n${text}\n${formatMarker(last)}`)).toEqual(last);
    }),
  );
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      expect(parseMarker(text)).toBeUndefined();
    }),
  );
});

test('it is replaced in its place, or added', () => {
  fc.assert(
    fc.property(marker, marker, (before, after) => {
      expect(withMarker(`text\n\n${formatMarker(before)}\nmore`, after)).toBe(`text\n\n${formatMarker(after)}\nmore`);
      expect(parseMarker(withMarker('text', after))).toEqual(after);
    }),
  );
});

test.each([
  '[tiphys]: # (tiphys 2 open aaaaaaaaaaaaaaaa aaaaaaaaaaaaaaaa a b )',
  '[tiphys]: # (tiphys 1 merged aaaaaaaaaaaaaaaa aaaaaaaaaaaaaaaa a b )',
  '[tiphys]: # (tiphys 1 open aaaaaaaaaaaaaaaa aaaaaaaaaaaaaaaa a b abc)',
  '> [tiphys]: # (tiphys 1 open aaaaaaaaaaaaaaaa aaaaaaaaaaaaaaaa a b abcdef)',
])('%s is none', (body) => {
  expect(parseMarker(body)).toBeUndefined();
});

test('a body of a megabyte is looked through at once', () => {
  const began = performance.now();
  expect(parseMarker('[tiphys]: # (tiphys 1 open '.repeat(40_000))).toBeUndefined();
  expect(performance.now() - began).toBeLessThan(20_000);
});

test('identities differ in every part, and are short', () => {
  const ids = [
    proposalId('argocd/shop', 'web', versionFrom('1.0')),
    proposalId('argocd/shop', 'web', versionFrom('1.1')),
    proposalId('argocd/shop', 'api', versionFrom('1.0')),
    proposalId('argocd/blog', 'web', versionFrom('1.0')),
  ];
  expect(new Set(ids).size).toBe(4);
  expect(ids.every((one) => one.length === 6)).toBe(true);
});
