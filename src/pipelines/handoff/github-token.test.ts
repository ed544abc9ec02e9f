import { describe, expect, test } from 'vitest';
import { githubToken } from './github-token.ts';
import type { Answer, Question } from './http.ts';

const SOURCE = { url: 'https://actions.example.com/token?api-version=2', requestToken: 'request-token' };

/** Asks a GitHub that answers so, one after the other; the last one again and again. */
async function play(answers: readonly (Answer | Error)[], source = SOURCE) {
  let nowMs = 0;
  const asked: Question[] = [];
  const tools = {
    async ask(question: Question) {
      asked.push(question);
      const answer = answers[Math.min(asked.length, answers.length) - 1];
      if (answer === undefined || answer instanceof Error) throw answer;
      return answer;
    },
    nowMs: () => nowMs,
    sleep: async (ms: number) => {
      nowMs += ms;
    },
  };
  const { signal } = new AbortController();
  const ended = await githubToken(source, 'https://tiphys.example.com', tools, signal).catch((error: unknown) => error);
  return { ended, asked };
}

const TOKEN: Answer = { status: 200, body: { value: 'x.y.z' } };
const AWAY = Object.assign(new Error('Bearer request-token'), { code: 'ECONNRESET' });

test('the token is asked for by the address that the job has, and again while GitHub is away', async () => {
  const { ended, asked } = await play([AWAY, { status: 503, body: {} }, TOKEN]);
  expect([ended, asked.length]).toEqual(['x.y.z', 3]);
  expect(asked[0]).toEqual({
    ...{ method: 'GET', authorization: 'Bearer request-token', body: undefined },
    url: `${SOURCE.url}&audience=${encodeURIComponent('https://tiphys.example.com')}`,
  });
});

describe('there is no token', () => {
  for (const [why, answers, source, message] of [
    ['when GitHub refuses', [{ status: 403, body: {} }], SOURCE, 'GitHub gives no token (403)'],
    ['in another answer', [{ status: 200, body: { token: 'x.y.z' } }], SOURCE, 'GitHub gives no token (200)'],
    ['while GitHub is away', [AWAY], SOURCE, 'GitHub cannot be asked for a token (ECONNRESET)'],
    [
      'over plain HTTP',
      [TOKEN],
      { ...SOURCE, url: 'http://actions.example.com' },
      'ACTIONS_ID_TOKEN_REQUEST_URL is no https address',
    ],
  ] as const) {
    test(why, async () => {
      const { ended } = await play(answers, source);
      expect(ended).toMatchObject({ code: 'HANDOFF_REFUSED', message, fix: expect.stringContaining('id-token') });
      expect(String(ended)).not.toContain('request-token');
    });
  }
});
