import { expect, test } from 'vitest';
import { Failure } from '../core/failure.ts';
import { observed } from './observed.ts';
import type { HttpAnswer } from './transport.ts';

const answer = (status: number): HttpAnswer => ({
  status,
  headers: {},
  body: new Uint8Array(),
  url: new URL('http://r/'),
});

async function outcomeOf(send: () => Promise<HttpAnswer>): Promise<readonly string[]> {
  const seen: string[] = [];
  const observer = {
    requestEnded: (registry: string, outcome: string) => seen.push(`${registry} ${outcome}`),
    limitSeen: () => {},
  };
  await observed(observer, 'ghcr.io', send).catch(() => undefined);
  return seen;
}

for (const [status, outcome] of [
  [200, 'ok'],
  [304, 'ok'],
  [401, 'unauthorized'],
  [403, 'unauthorized'],
  [404, 'not-found'],
  [416, 'refused'],
  [429, 'rate-limited'],
  [503, 'server-error'],
] as const) {
  test(`${status} is ${outcome}`, async () => {
    expect(await outcomeOf(async () => answer(status))).toEqual([`ghcr.io ${outcome}`]);
  });
}

test('no answer is told of, unless nobody wants it any more', async () => {
  const failing = (code: 'REGISTRY_TIMEOUT' | 'ABORTED') => () => Promise.reject(new Failure(code, '', { fix: '' }));
  expect(await outcomeOf(failing('REGISTRY_TIMEOUT'))).toEqual(['ghcr.io unanswered']);
  expect(await outcomeOf(failing('ABORTED'))).toEqual([]);
});
