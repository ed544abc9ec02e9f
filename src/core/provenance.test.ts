import { expect, test } from 'vitest';
import { provenanceOf } from './provenance.ts';
import { parseDigest } from './reference.ts';

const digest = parseDigest(`sha256:${'a'.repeat(64)}`);

function of(labels: Readonly<Record<string, string>>) {
  if (!digest.ok) throw new Error(digest.problem);
  const named = Object.entries(labels).map(([key, value]) => [`org.opencontainers.image.${key}`, value]);
  return provenanceOf({ digest: digest.value, labels: Object.fromEntries(named) });
}

for (const [source, page, releases] of [
  ['https://github.com/acme/web', 'https://github.com/acme/web', 'https://github.com/acme/web/releases'],
  ['https://github.com/acme/web.git', 'https://github.com/acme/web', 'https://github.com/acme/web/releases'],
  ['https://gitlab.com/a/b/web', 'https://gitlab.com/a/b/web', 'https://gitlab.com/a/b/web/-/releases'],
  ['https://codeberg.org/acme/web/', 'https://codeberg.org/acme/web', 'https://codeberg.org/acme/web/releases'],
  ['https://git.example.com/acme/web', 'https://git.example.com/acme/web', undefined],
  ['https://github.com', 'https://github.com', undefined],
  ['javascript:alert(1)', undefined, undefined],
  ['', undefined, undefined],
] as const) {
  test(`the source ${source} is the page ${page}, with releases at ${releases}`, () => {
    expect(of({ source })).toMatchObject({ source: page, releaseNotes: releases });
  });
}

test('what is no commit is one harmless line', () => {
  expect(of({ revision: 'abc123' }).revision).toBe('abc123');
  expect(of({ revision: 'abc\n@all [skip ci]' }).revision).toBe('abc (at)all skip ci');
  expect(of({}).revision).toBeUndefined();
});
