import { expect, test } from 'vitest';
import { floodWebhooks } from '../support/webhook-flood.ts';
import { freePort } from './server-program.ts';

const SECONDS = 10;

test('a flood of webhooks leads to bounded work, and to what they tell of', async () => {
  const flood = await floodWebhooks(SECONDS, [await freePort(), await freePort()]);
  const { forged, malformed, used, unused } = flood.sent;
  expect([forged, malformed, used + unused]).toEqual([50, 50, 900]);
  expect(Object.fromEntries(flood.answers)).toEqual({
    'forged 400': forged,
    'malformed 400': malformed,
    'used 200': used,
    'unused 200': unused,
  });
  const { refused, invalid, unused: none, look = 0, delayed = 0, joined = 0 } = flood.outcomes;
  expect([refused, invalid, none, look + delayed + joined]).toEqual([forged, malformed, unused, used]);
  expect(flood.moved).toBe(flood.images);
  expect(flood.looks).toBeLessThanOrEqual(flood.mostLooks);
  // A list for each look, and the question at the beginning whether credentials are wanted.
  expect(flood.registryRequests).toBeLessThanOrEqual(flood.mostLooks + 1);
  expect(flood.commits).toBeLessThanOrEqual(flood.images);
  expect(flood.residentBytes).toBeLessThan(400 * 2 ** 20);
});
