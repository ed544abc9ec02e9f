import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { formatMarker, type Marker } from './pull-request-marker.ts';
import { type FoundRequest, isRecorded, nextStep, standingOf, type Wanted } from './pull-request-standing.ts';

const MARKER: Marker = {
  state: 'open',
  text: 't'.repeat(16),
  patch: 'p'.repeat(16),
  base: 'a'.repeat(40),
  head: 'b'.repeat(40),
  proposals: new Set(['one___', 'two___']),
};

function request(state: FoundRequest['state'], marker: Partial<Marker> | 'none' = {}): FoundRequest {
  const body = marker === 'none' ? 'text' : `text\n\n${formatMarker({ ...MARKER, ...marker })}\n`;
  return { state, body, headCommit: MARKER.head };
}

const NONE = { state: 'closed', body: 'text', headCommit: '' } as const;

describe('standing', () => {
  for (const [what, found, declined] of [
    ['no request', [], []],
    ['an open one', [request('open')], []],
    ['a merged one', [request('merged')], []],
    ['closed by a person', [request('closed')], ['one___', 'two___']],
    ['closed by a person after others had committed', [request('closed', { state: 'blocked' })], ['one___', 'two___']],
    ['closed by Tiphys', [request('closed', { state: 'closed' })], []],
    ['closed, without a marker', [NONE], []],
    [
      'closed by a person, then by Tiphys',
      [request('closed', { state: 'closed' }), request('closed', { proposals: new Set(['one___']) })],
      ['one___'],
    ],
    [
      'opened again, beside another',
      [request('open', { proposals: new Set(['one___']) }), request('closed')],
      ['two___'],
    ],
  ] as const) {
    test(`${what}: declined is ${JSON.stringify(declined)}`, () => {
      expect([...standingOf(found).declined.keys()].sort()).toEqual(declined);
    });
  }
});

const WANTED: Wanted = { text: MARKER.text, patch: MARKER.patch, proposals: MARKER.proposals, isCertain: true };
const ONE = new Set(['one___']);

describe('next step', () => {
  for (const [what, found, wanted, step] of [
    ['all is as it should be', [request('open')], {}, 'leave'],
    ['nothing is open', [], {}, 'publish'],
    ['it was merged, and Git says otherwise', [request('merged')], {}, 'publish'],
    ['another text', [request('open')], { text: 'x'.repeat(16) }, 'rewrite'],
    ['the files changed on the base', [request('open')], { patch: 'x'.repeat(16) }, 'publish'],
    ['a newer version', [request('open')], { proposals: new Set(['new___']) }, 'publish'],
    ['one is not wanted any more', [request('open')], { proposals: ONE }, 'publish'],
    ['one could not be judged', [request('open')], { proposals: ONE, isCertain: false }, 'leave'],
    ['a newer one beside it', [request('open')], { proposals: new Set(['new___']), isCertain: false }, 'publish'],
    ['nothing is left', [request('open')], { proposals: new Set<string>() }, 'retire'],
    ['nothing could be judged', [request('open')], { proposals: new Set<string>(), isCertain: false }, 'leave'],
    ['somebody pushed', [{ ...request('open'), headCommit: 'c'.repeat(40) }], {}, 'publish'],
    ['the forge does not say who pushed', [{ ...request('open'), headCommit: '' }], {}, 'publish'],
    ['others had commits on it', [request('open', { state: 'blocked' })], {}, 'publish'],
    ['its closing was cut short', [request('open', { state: 'closed' })], {}, 'publish'],
    ['a person took the marker out', [request('open', 'none'), NONE], {}, 'publish'],
  ] as const) {
    test(`${what}: ${step}`, () => {
      expect(nextStep(standingOf(found), { ...WANTED, ...wanted })).toBe(step);
    });
  }

  const marker = fc.record({
    state: fc.constantFrom('open', 'blocked', 'closed'),
    text: fc.constantFrom(MARKER.text, 'x'.repeat(16)),
    patch: fc.constantFrom(MARKER.patch, 'x'.repeat(16)),
    proposals: fc.subarray(['one___', 'two___', 'three_']).map((ids) => new Set(ids)),
  });
  const requests = fc.array(fc.tuple(fc.constantFrom('open', 'merged', 'closed'), marker));
  const wanted = marker.chain((ids) => fc.boolean().map((isCertain): Wanted => ({ ...WANTED, ...ids, isCertain })));

  test('doubt never retires a request, and whatever is published is a fixed point', () => {
    fc.assert(
      fc.property(requests, wanted, (found, want) => {
        const standing = standingOf(found.map(([state, own]) => request(state, own)));
        const step = nextStep(standing, want);
        if (!want.isCertain) expect(step).not.toBe('retire');
        const { proposals, text, patch } = want;
        if (step !== 'publish') return;
        expect(nextStep(standingOf([request('open', { proposals, text, patch, state: 'open' })]), want)).toBe('leave');
      }),
    );
  });
});

test('a marker is recorded only when all of it is', () => {
  expect(isRecorded(MARKER, { ...MARKER, proposals: new Set(MARKER.proposals) })).toBe(true);
  expect(isRecorded(undefined, MARKER)).toBe(false);
  for (const other of [{ head: 'c' }, { base: 'c' }, { text: 'c' }, { state: 'closed' }, { proposals: ONE }] as const) {
    expect(isRecorded(MARKER, { ...MARKER, ...other })).toBe(false);
  }
});
