import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { COMMANDS, HOSTILE } from '../../test/support/hostile-text.ts';
import { codeSpan, oneLine, publisherLabels, publisherLink, publisherText } from './untrusted-text.ts';

describe("a publisher's text", () => {
  for (const [text, harmless, why] of HOSTILE) {
    test(`${JSON.stringify(text)} becomes ${JSON.stringify(harmless)}: ${why}`, () => {
      expect(publisherText(text)).toBe(harmless);
    });
  }

  const pieces = fc.constantFrom(...HOSTILE.map(([text]) => text), ...'[]@#!/*:\\`|\u200b \n'.split(''));
  const mixed = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.array(pieces).map((parts) => parts.join('')),
  );

  for (const [what, pattern] of COMMANDS) {
    test(`never holds ${what}`, () => {
      fc.assert(
        fc.property(mixed, (text) => {
          expect(publisherText(text)).not.toMatch(pattern);
        }),
      );
    });
  }

  test('is bounded, and as harmless a second time', () => {
    fc.assert(
      fc.property(mixed, fc.integer({ min: 4, max: 60 }), (text, most) => {
        const once = publisherText(text, most);
        expect([...once].length).toBeLessThanOrEqual(most);
        expect(publisherText(once, most)).toBe(once);
      }),
    );
    expect(publisherText('x'.repeat(10_000_000)).length).toBe(200);
  });
});

describe("a publisher's link", () => {
  for (const [text, link, why] of [
    ['https://github.com/acme/web', 'https://github.com/acme/web', 'a page'],
    ['http://git.example:8080/a/b/', 'http://git.example:8080/a/b', 'plain HTTP, with a port'],
    ['HTTPS://GitHub.com/acme/web?x=1#y', 'https://github.com/acme/web', 'no query, no fragment'],
    ['https://github.com/a(b)[c]*', 'https://github.com/a%28b%29%5Bc%5D%2A', 'nothing that Markdown reads'],
    ['https://user:pw@github.com/acme', undefined, 'credentials'],
    ['https://github.com@evil.example/acme', undefined, 'a host that poses as another'],
    ['javascript:alert(1)', undefined, 'a script'],
    ['data:text/html,x', undefined, 'data'],
    ['//evil.example', undefined, 'no scheme'],
    ['git@github.com:acme/web', undefined, 'no address of a page'],
    ['https://github.com/acme/web/issues/1', undefined, 'an issue would be told about it'],
    ['https://github.com/acme/web/%69ssues/1', undefined, 'also when it is encoded'],
    ['https://gitlab.com/acme/web/-/merge_requests/1', undefined, 'a merge request'],
    ['https://x.example/%0a@user', undefined, 'a line end'],
    ['https://x.example/%2561', undefined, 'encoded twice'],
    ['https://x.example/a b', 'https://x.example/a%20b', 'a blank'],
    [`https://x.example/${'a'.repeat(600)}`, undefined, 'too long'],
  ] as const) {
    test(`${JSON.stringify(text.slice(0, 60))} is ${link}: ${why}`, () => {
      expect(publisherLink(text)).toBe(link);
    });
  }

  test('has only characters that mean nothing', () => {
    fc.assert(
      fc.property(fc.webUrl({ withQueryParameters: true, withFragments: true }), (url) => {
        expect(publisherLink(url) ?? '').toMatch(/^(?:https?:\/\/[\w.:/%-]+)?$/);
      }),
    );
  });
});

describe('a code span', () => {
  test('never ends early, and never ends the cell of a table', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(codeSpan(text)).toMatch(/^`[^`|\p{Cc}\p{Cf}]*[^`|\\\p{Cc}\p{Cf}]`$/u);
      }),
    );
  });
});

describe('one line', () => {
  test('keeps what can be seen', () => {
    expect(oneLine('  a  b ', 10)).toBe('a b');
    expect(oneLine('\u{1f680}'.repeat(9), 8)).toBe(`${'\u{1f680}'.repeat(5)}...`);
  });
});

describe('labels', () => {
  test('lose keys that would be commands, and keep addresses', () => {
    const labels = {
      'org.opencontainers.image.source': 'https://github.com/acme/web',
      'org.opencontainers.image.title': 'web [skip ci]',
      'Tiphys-Change:': 'x',
      'a b': 'x',
      '@all': 'x',
      'SHOP-1': 'x',
      ['k'.repeat(200)]: 'x',
    };
    expect(publisherLabels(labels)).toEqual({
      'org.opencontainers.image.source': 'https://github.com/acme/web',
      'org.opencontainers.image.title': 'web skip ci',
    });
  });

  test('are bounded in number', () => {
    const many = Object.fromEntries(Array.from({ length: 1000 }, (_, index) => [`k${index}`, 'v']));
    expect(Object.keys(publisherLabels(many)).length).toBe(64);
  });
});
