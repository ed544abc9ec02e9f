import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { HOSTILE } from '../../../test/support/hostile-text.ts';
import { versionFrom } from '../../../test/support/target-images.ts';
import { provenanceOf } from '../provenance.ts';
import { parseDigest } from '../reference.ts';
import { FORGE_KINDS } from './pull-request.ts';
import { formatMarker, type Marker, parseMarker } from './pull-request-marker.ts';
import { closingComment, type ProposedChange, proposalBody, proposalTitle } from './pull-request-text.ts';

const MARKER: Marker = {
  state: 'open',
  text: 'a'.repeat(16),
  patch: 'b'.repeat(16),
  base: 'c'.repeat(40),
  head: 'd'.repeat(40),
  proposals: new Set(['abcdef', '012345']),
};

function provenance(labels: Readonly<Record<string, string>>) {
  const digest = parseDigest(`sha256:${'a'.repeat(64)}`);
  if (!digest.ok) throw new Error(digest.problem);
  return provenanceOf({ digest: digest.value, labels });
}

const CHANGE: ProposedChange = {
  application: { namespace: 'argocd', name: 'shop' },
  alias: 'web',
  image: { registry: 'ghcr.io', repository: 'acme/web' },
  from: versionFrom('1.0.0'),
  to: versionFrom('1.1.0'),
  reason: '1.1.0 is the newest of 3 that ^1.0 allows',
  provenance: provenance({
    'org.opencontainers.image.source': 'https://github.com/acme/web',
    'org.opencontainers.image.revision': '0123456789abcdef0123456789abcdef01234567',
  }),
};

test('a body tells what moves, whence it comes, why, and what a person can do', () => {
  expect(
    proposalBody([CHANGE, { ...CHANGE, alias: 'x', from: undefined, provenance: provenance({}) }], MARKER, 4_000),
  ).toMatchInlineSnapshot(`
    "| Application | Image | From | To | Digest | About |
    | --- | --- | --- | --- | --- | --- |
    | \`argocd/shop\` | \`ghcr.io/acme/web\` | \`1.0.0\` | \`1.1.0\` | \`sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\` | [source](https://github.com/acme/web), revision \`0123456789ab\`, [release notes](https://github.com/acme/web/releases) |
    | \`argocd/shop\` | \`ghcr.io/acme/web\` | - | \`1.1.0\` | \`sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\` | - |

    - \`argocd/shop web\`: \`1.1.0 is the newest of 3 that ^1.0 allows\`
    - \`argocd/shop x\`: \`1.1.0 is the newest of 3 that ^1.0 allows\`

    Tiphys keeps this request up to date until it is merged or closed. Closing it declines these versions: the next newer one gets a request again. Commits of others on its branch make Tiphys leave it alone.

    [tiphys]: # (tiphys 1 open aaaaaaaaaaaaaaaa bbbbbbbbbbbbbbbb cccccccccccccccccccccccccccccccccccccccc dddddddddddddddddddddddddddddddddddddddd 012345abcdef)
    "
  `);
});

test('a title is one line of at most 255 characters', () => {
  expect(proposalTitle('build: automatic update of shop\n\nmore')).toBe('build: automatic update of shop');
  expect(proposalTitle('x'.repeat(300))).toHaveLength(255);
});

test('the marker is kept, however little room there is, and the body is never longer than the forge takes', () => {
  const many = fc.array(fc.constantFrom(CHANGE, { ...CHANGE, alias: 'a'.repeat(200) }), { maxLength: 60 });
  fc.assert(
    fc.property(many, fc.integer({ min: formatMarker(MARKER).length, max: 20_000 }), (changes, most) => {
      const body = proposalBody(changes, MARKER, most);
      expect(body.length).toBeLessThanOrEqual(most);
      expect(parseMarker(body)).toEqual(MARKER);
    }),
  );
});

test('what is left out is counted', () => {
  const body = proposalBody(Array(100).fill(CHANGE), MARKER, 4_000);
  const rows = body.split('\n').filter((line) => line.startsWith('| `argocd')).length;
  expect(body).toContain(`| and ${100 - rows} more |`);
});

// All that a line may hold: nothing of a publisher's outside of code, which every forge shows as it is, and of links.
const CODE = '`[^`|\\p{Cc}\\p{Cf}]+`';
const LINK = (text: string) => `\\[${text}\\]\\(https?://[\\w.:/%-]+\\)`;
const ABOUT = `(?:-|(?:(?:^|, |)(?:${LINK('source')}|revision ${CODE}|${LINK('release notes')}))+)`;
const ROW = new RegExp(`^\\| ${CODE} \\| ${CODE} \\| ${CODE} \\| ${CODE} \\| ${CODE} \\| ${ABOUT} \\|$`, 'u');
const REASON = new RegExp(`^- ${CODE}: ${CODE}$`, 'u');

function expectHarmless(source: string, revision: string, reason: string): void {
  const labels = { 'org.opencontainers.image.source': source, 'org.opencontainers.image.revision': revision };
  const change = { ...CHANGE, alias: reason, reason, provenance: provenance(labels) };
  const body = proposalBody([change], MARKER, 65_536);
  const [, , row, blank, because, ...rest] = body.split('\n');
  expect(row).toMatch(ROW);
  expect(blank).toBe('');
  expect(because).toMatch(REASON);
  expect(rest).toHaveLength(5);
  expect(parseMarker(body)).toEqual(MARKER);
}

describe.each(FORGE_KINDS)('a hostile publisher on %s', () => {
  test.each(HOSTILE)('%j stays text', (text) => {
    expectHarmless(text, text, text);
    expectHarmless(`https://github.com/acme/web/${text}`, text, text);
  });

  test('any label at all leaves nothing but code and links', () => {
    const anything = fc.oneof(fc.string({ unit: 'binary' }), fc.webUrl({ withQueryParameters: true }));
    fc.assert(fc.property(anything, anything, anything, expectHarmless));
  });
});

test('a closing comment says why', () => {
  expect(closingComment('void', 'main')).toContain('nothing is left to change on `main`');
  expect(closingComment('superseded', 'main')).toContain('takes the place');
});
