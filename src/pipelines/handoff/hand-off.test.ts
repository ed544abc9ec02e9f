import { describe, expect, test } from 'vitest';
import { handOff } from './hand-off.ts';
import { type Answer, type AskHttp, isSafeAddress } from './http.ts';

const SERVER = 'https://tiphys.example.com';
const ACCEPTED: Answer = {
  status: 202,
  body: { id: 'abc', secret: 's3cret', state: 'accepted', operation: 'https://evil.example/' },
};
const standing = (state: string, more: object = {}): Answer => ({ status: 200, body: { id: 'abc', state, ...more } });

/** A hand-off to a server that answers so, one after the other; the last one again and again. */
async function play(answers: readonly (Answer | Error)[], waitMs: number | 'no' = 60_000) {
  let nowMs = 0;
  const asked: Parameters<AskHttp>[0][] = [];
  const told: string[] = [];
  const ended = await handOff(
    { server: SERVER, body: { images: [] }, waitMs: waitMs === 'no' ? undefined : waitMs },
    {
      async ask(question) {
        asked.push(question);
        const answer = answers[Math.min(asked.length, answers.length) - 1];
        if (answer === undefined || answer instanceof Error) throw answer;
        return answer;
      },
      token: async () => 'x.y.z',
      nowMs: () => nowMs,
      sleep: async (ms) => {
        nowMs += ms;
      },
      told: ({ state }) => told.push(state),
    },
    new AbortController().signal,
  ).catch((error: unknown) => error);
  return { ended, asked, told, tookMs: nowMs };
}

describe('a hand-off', () => {
  test('is sent once, and asked about until it ends, with its secret and at the same server', async () => {
    const end = standing('healthy', { final: true, commit: 'c0ffee', branch: 'main', pullRequest: null });
    const { ended, asked, told } = await play([ACCEPTED, standing('committed'), standing('committed'), end]);
    expect(ended).toMatchObject({
      state: 'healthy',
      isFinal: true,
      commit: 'c0ffee',
      branch: 'main',
      pullRequestURL: undefined,
    });
    expect(told).toEqual(['committed', 'healthy']);
    expect(asked.map(({ method, url, authorization }) => [method, url, authorization])).toEqual([
      ['POST', `${SERVER}/api/v1/handoff`, 'Bearer x.y.z'],
      ...[1, 2, 3].map(() => ['GET', `${SERVER}/api/v1/handoff/abc`, 'Bearer s3cret']),
    ]);
  });

  test('is not waited for unless that is asked for', async () => {
    const { ended, asked } = await play([ACCEPTED], 'no');
    expect([ended, asked.length]).toMatchObject([{ state: 'accepted', isFinal: false }, 1]);
  });

  test('is waited for as long as was said', async () => {
    const { ended, tookMs } = await play([ACCEPTED, standing('held')], 5_000);
    expect([ended, tookMs]).toMatchObject([{ state: 'held', isFinal: false }, 5_000]);
  });

  test('is not waited for when it waits for people', async () => {
    const { ended, asked } = await play([ACCEPTED, standing('pull-request', { pullRequest: 'https://x/1' })]);
    expect([ended, asked.length]).toMatchObject([{ state: 'pull-request', pullRequestURL: 'https://x/1' }, 2]);
  });

  for (const [why, passing] of [
    ['the server is away', Object.assign(new Error('Bearer x.y.z'), { code: 'ECONNREFUSED' })],
    ['the store is away', { status: 503, body: {} }],
    ['too many ask', { status: 429, body: {} }],
  ] as const) {
    test(`is tried again while ${why}, each time the same`, async () => {
      const { ended, asked } = await play([passing, passing, ACCEPTED], 'no');
      expect(ended).toMatchObject({ state: 'accepted' });
      expect(new Set(asked.map((question) => JSON.stringify(question))).size).toBe(1);
    });

    test(`fails when ${why} for a minute`, async () => {
      const { ended, tookMs } = await play([passing]);
      expect([ended, tookMs]).toMatchObject([{ code: 'HANDOFF_UNREACHABLE' }, 60_000]);
      expect(String(ended)).not.toContain('x.y.z');
    });
  }

  for (const [why, answer, failure] of [
    [
      'its certificate is not trusted',
      Object.assign(new Error('self-signed certificate'), { code: 'DEPTH_ZERO_SELF_SIGNED_CERT' }),
      ['HANDOFF_UNREACHABLE', 'has a certificate that is not trusted (DEPTH_ZERO_SELF_SIGNED_CERT)'],
    ],
    [
      'a rule is against it',
      { status: 403, body: { error: 'no rule', claims: { sub: 'a' } } },
      ['HANDOFF_REFUSED', 'answered 403: no rule; the token says {"sub":"a"}'],
    ],
    ['the token was used', { status: 409, body: { error: 'used' } }, ['HANDOFF_REFUSED', 'answered 409: used']],
    ['it is sent elsewhere', { status: 302, body: {} }, ['HANDOFF_REFUSED', 'answered 302: without saying why']],
    [
      'somebody else answers',
      { status: 200, body: { hello: 'world' } },
      ['HANDOFF_UNREACHABLE', 'this is not the answer of Tiphys'],
    ],
    [
      'its id leads elsewhere',
      { status: 202, body: { ...ACCEPTED.body, id: '../x' } },
      ['HANDOFF_UNREACHABLE', 'this is not the answer of Tiphys'],
    ],
  ] as const) {
    test(`fails at once when ${why}`, async () => {
      const { ended, asked } = await play([answer]);
      expect([ended, asked.length]).toMatchObject([{ code: failure[0], message: failure[1] }, 1]);
      expect(String(ended)).not.toContain('x.y.z');
    });
  }
});

describe('a token is sent', () => {
  for (const [url, isSafe] of [
    ['https://tiphys.example.com', true],
    ['http://127.0.0.1:8083', true],
    ['http://localhost:8083', true],
    ['http://tiphys.example.com', false],
    ['http://localhost.example.com', false],
    ['ftp://localhost', false],
    ['tiphys', false],
  ] as const) {
    test(`${isSafe ? 'to' : 'not to'} ${url}`, () => expect(isSafeAddress(url)).toBe(isSafe));
  }
});
