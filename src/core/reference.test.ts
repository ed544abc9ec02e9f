import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { goldenCases } from '../../test/golden/golden.ts';
import {
  canonicalName,
  formatImageName,
  formatReference,
  isRepositoryName,
  parseDigest,
  parseImageIdentifier,
  parseImageReference,
  parseTag,
  sameImage,
} from './reference.ts';

const HEX = '0123456789abcdef'.repeat(4);
const DIGEST = `sha256:${HEX}`;

describe('parseTag', () => {
  for (const text of ['1.0', 'v1', '_x', 'A-b.c_d', 'a'.repeat(128)]) {
    test(`${text.slice(0, 10)} is a tag`, () => {
      expect(parseTag(text)).toEqual({ ok: true, value: text });
    });
  }
  for (const text of ['', '.1', '-1', 'a/b', 'a:b', '1+b', 'a b', 'a\n', 'é', 'a'.repeat(129)]) {
    test(`${JSON.stringify(text.slice(0, 10))} is none`, () => {
      expect(parseTag(text).ok).toBe(false);
    });
  }
});

describe('parseDigest', () => {
  for (const text of [DIGEST, `sha512:${HEX}${HEX}`, `sha256+b64u:${'a'.repeat(32)}`]) {
    test(`${text.slice(0, 20)} is a digest`, () => {
      expect(parseDigest(text)).toEqual({ ok: true, value: text });
    });
  }
  for (const text of ['', 'sha256:', 'sha256:abc', HEX, `sha256:${'g'.repeat(64)}`, `${DIGEST}\n`, `:${HEX}`]) {
    test(`${JSON.stringify(text.slice(0, 20))} is none`, () => {
      expect(parseDigest(text).ok).toBe(false);
    });
  }
});

describe('isRepositoryName', () => {
  for (const [text, valid] of [
    ['nginx', true],
    ['acme/shop/web', true],
    ['a__b-c.d', true],
    ['a---b', true],
    ['Acme', false],
    ['a___b', false],
    ['a..b', false],
    ['/a', false],
    ['a/', false],
    ['', false],
    ['a'.repeat(256), false],
  ] as const) {
    test(`"${text.slice(0, 20)}": ${valid}`, () => {
      expect(isRepositoryName(text)).toBe(valid);
    });
  }
});

describe('parseImageReference', () => {
  for (const [text, registry, repository, tag, digest] of [
    ['nginx', '', 'nginx', undefined, undefined],
    ['nginx:1.25', '', 'nginx', '1.25', undefined],
    ['library/nginx:1.25', '', 'library/nginx', '1.25', undefined],
    ['docker.io/library/nginx:1', 'docker.io', 'nginx', '1', undefined],
    ['index.docker.io/library/nginx:1', '', 'nginx', '1', undefined],
    ['ghcr.io/acme/shop', 'ghcr.io', 'acme/shop', undefined, undefined],
    [`ghcr.io/acme/shop:1@${DIGEST}`, 'ghcr.io', 'acme/shop', '1', DIGEST],
    ['localhost:5000/app:1', 'localhost:5000', 'app', '1', undefined],
    ['localhost/app', 'localhost', 'app', undefined, undefined],
    ['UPPER/app:1', 'UPPER', 'app', '1', undefined],
    ['[2001:db8::1]:5000/app:1', '[2001:db8::1]:5000', 'app', '1', undefined],
    ['harbor.example.com/library/app:1', 'harbor.example.com', 'library/app', '1', undefined],
  ] as const) {
    test(`${text.slice(0, 40)} is read`, () => {
      expect(parseImageReference(text)).toEqual({
        ok: true,
        value: {
          registry,
          repository,
          ...(tag === undefined ? {} : { tag }),
          ...(digest === undefined ? {} : { digest }),
        },
      });
    });
  }

  for (const text of [
    '',
    ':1',
    'nginx:',
    'nginx@',
    'nginx:^1',
    'ghcr.io/Acme/x:1',
    'a//b',
    'nginx@sha256:abc',
    HEX,
    '-/a',
  ]) {
    test(`${JSON.stringify(text.slice(0, 20))} is none`, () => {
      expect(parseImageReference(text).ok).toBe(false);
    });
  }
});

describe('parseImageIdentifier', () => {
  for (const [text, expected, why] of [
    ['web=nginx:~1.2', { alias: 'web', registry: '', repository: 'nginx', constraint: '~1.2' }, 'alias and constraint'],
    ['=nginx', { registry: '', repository: 'nginx' }, 'a blank alias is none'],
    ['a=nginx:>=1.0 <2', { alias: 'a', registry: '', repository: 'nginx', constraint: '>=1.0 <2' }, 'blanks'],
    ['a=nginx:1 || 2', { alias: 'a', registry: '', repository: 'nginx', constraint: '1 || 2' }, 'alternatives'],
    ['quay.io/a/b:~1', { registry: 'quay.io', repository: 'a/b', constraint: '~1' }, 'a registry with a dot'],
    ['localhost:5000/a:^1', { registry: 'localhost:5000', repository: 'a', constraint: '^1' }, 'a port is no tag'],
    ['[::1]/a:^1', { registry: '[::1]', repository: 'a', constraint: '^1' }, 'nor is half an IPv6 address'],
    ['[2001:db8::1]:5000/a:~1', { registry: '[2001:db8::1]:5000', repository: 'a', constraint: '~1' }, 'with a port'],
    ['registry:5000/a:^1', { registry: 'registry:5000', repository: 'a', constraint: '^1' }, 'a port is no tag'],
    ['docker.io/library/a:^1', { registry: 'docker.io', repository: 'library/a', constraint: '^1' }, 'as upstream'],
    ['nginx:', { registry: '', repository: 'nginx', constraint: '' }, 'an empty constraint is one that says nothing'],
    [`a/b:t@${DIGEST}`, { registry: '', repository: 'a/b', constraint: 't', digest: DIGEST }, 'tag and digest'],
    ['a.b/c:t@short', { registry: 'a.b', repository: 'c', constraint: 't', digest: 'short' }, 'any text as digest'],
  ] as const) {
    test(`${text.slice(0, 30)}: ${why}`, () => {
      expect(parseImageIdentifier(text)).toEqual(expected);
    });
  }

  test('never fails', () => {
    fc.assert(fc.property(fc.string(), (text) => typeof parseImageIdentifier(text).repository === 'string'));
  });
});

describe('canonicalName', () => {
  for (const [a, b, same] of [
    ['nginx', 'docker.io/library/nginx', true],
    ['nginx', 'library/nginx', true],
    ['acme/web', 'index.docker.io/acme/web', true],
    ['acme/web', 'registry-1.docker.io/acme/web', true],
    ['GHCR.io/a/b', 'ghcr.io/a/b', true],
    ['ghcr.io/a/b', 'quay.io/a/b', false],
    ['ghcr.io/library/a', 'ghcr.io/a', false],
    ['localhost:5000/a', 'localhost:5001/a', false],
  ] as const) {
    test(`${a} and ${b} are ${same ? 'one repository' : 'two'}`, () => {
      const [left, right] = [parseImageIdentifier(a), parseImageIdentifier(b)];
      expect(sameImage(left, right)).toBe(same);
      expect(canonicalName(left) === canonicalName(right)).toBe(same);
    });
  }
});

test('what is parsed is formatted alike, and read back alike', () => {
  // No dots: behind index.docker.io, which is left out, a first component with one would be read as a registry.
  const component = fc.stringMatching(/^[a-z0-9]{1,5}(?:[_-][a-z0-9]{1,3})?$/);
  const host = fc.constantFrom(
    '',
    'ghcr.io/',
    'localhost:5000/',
    '[::1]:5000/',
    'UPPER/',
    'docker.io/',
    'index.docker.io/',
  );
  const tag = fc.option(fc.stringMatching(/^\w[\w.-]{0,10}$/));
  const reference = fc
    .tuple(host, fc.array(component, { minLength: 1, maxLength: 3 }), tag, fc.boolean())
    .map(
      ([registry, path, name, pinned]) =>
        `${registry}${path.join('/')}${name ? `:${name}` : ''}${pinned ? `@${DIGEST}` : ''}`,
    );
  fc.assert(
    fc.property(reference, (text) => {
      const read = parseImageReference(text);
      if (!read.ok) return;
      const formatted = formatReference(read.value);
      expect(parseImageReference(formatted)).toEqual(read);
      expect(formatted.startsWith(formatImageName(read.value))).toBe(true);
      if (!text.includes('docker.io')) expect(formatted).toBe(text);
    }),
  );
});

interface GoldenReference {
  readonly text: string;
  readonly parsed: {
    readonly registry: string;
    readonly name: string;
    readonly hasTag: boolean;
    readonly tag: string;
    readonly digest: string;
    readonly alias: string;
  };
  readonly defect?: string;
}

// Left out: library/ on other registries than Docker Hub, and registries that upstream does not see before a constraint.
test('agrees with upstream in every golden reference without a defect', () => {
  const wrong = goldenCases<GoldenReference>('imagerefs.jsonl')
    .filter(({ defect }) => defect === undefined)
    .map(({ text, parsed }) => {
      const { registry, repository, constraint, digest = '', alias = '' } = parseImageIdentifier(text);
      const hasTag = constraint !== undefined || text.includes('@');
      return { text, parsed, actual: { registry, name: repository, hasTag, tag: constraint ?? '', digest, alias } };
    })
    .filter(({ parsed, actual }) => JSON.stringify(parsed) !== JSON.stringify(actual));
  expect(wrong).toEqual([]);
});
