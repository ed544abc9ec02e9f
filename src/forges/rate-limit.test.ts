import { expect, test } from 'vitest';
import { rateLimitMs } from './rate-limit.ts';

const NOW = Date.parse('2026-01-01T00:00:00Z');
const inTwoMinutes = String(NOW / 1000 + 120);

for (const [what, status, headers, message, expected] of [
  ['a plain 403', 403, {}, 'Resource not accessible by integration', undefined],
  ['a 403 with requests left', 403, { 'x-ratelimit-remaining': '12' }, '', undefined],
  ['a success with nothing left', 200, { 'x-ratelimit-remaining': '0' }, '', undefined],
  ['Retry-After', 429, { 'retry-after': '30' }, '', 30_000],
  ['Retry-After with 403', 403, { 'retry-after': '30' }, '', 30_000],
  ["GitHub's primary limit", 403, { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': inTwoMinutes }, '', 120_000],
  ["GitHub's secondary limit", 403, {}, 'You have exceeded a secondary rate limit', 60_000],
  ["GitLab's limit", 429, { 'ratelimit-reset': inTwoMinutes }, '', 120_000],
  ['a 429 that says no more', 429, {}, '', 60_000],
  ['a reset that is over', 429, { 'x-ratelimit-reset': String(NOW / 1000 - 5) }, '', 1000],
  ['a reset in years', 429, { 'x-ratelimit-reset': String(NOW / 1000 + 1e8) }, '', 3_600_000],
] as const) {
  test(`${what}: ${expected === undefined ? 'no pause' : `${expected / 1000} s`}`, () => {
    expect(rateLimitMs({ status, headers, body: { message } }, NOW)).toBe(expected);
  });
}

test("GitHub's GraphQL says it with status 200", () => {
  const headers = { 'x-ratelimit-reset': inTwoMinutes };
  const body = { errors: [{ type: 'RATE_LIMITED', message: 'API rate limit exceeded' }] };
  expect(rateLimitMs({ status: 200, headers, body }, NOW)).toBe(120_000);
  expect(rateLimitMs({ status: 200, headers, body: { errors: [{ type: 'FORBIDDEN' }] } }, NOW)).toBe(undefined);
});
