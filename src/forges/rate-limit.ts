import type { IncomingHttpHeaders } from 'node:http';
import { retryAfterMs } from '../core/retry-after.ts';
import { isUntyped, listAt, textAt } from '../core/untyped.ts';

// https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api
/** What GitHub asks for where it states no time. */
const DEFAULT_MS = 60_000;
/** Longer than any forge's window: a header that says more is wrong. */
const MOST_MS = 3_600_000;

/**
 * For how long a forge asks to be left alone, in milliseconds; undefined when an answer is not about its limits.
 * GitHub says 403 as well as 429: with Retry-After, with nothing remaining, or in words (its secondary limits).
 */
export function rateLimitMs(
  answer: { readonly status: number; readonly headers: IncomingHttpHeaders; readonly body: unknown },
  nowMs: number,
): number | undefined {
  const { status, headers, body } = answer;
  const isLimit = status === 429 || (status === 403 && isAboutLimits(headers, body)) || isGraphqlLimit(body);
  if (!isLimit) return undefined;
  const ms = retryAfterMs(headers['retry-after'], nowMs) ?? resetMs(headers, nowMs) ?? DEFAULT_MS;
  return Math.min(Math.max(ms, 1000), MOST_MS);
}

function isAboutLimits(headers: IncomingHttpHeaders, body: unknown): boolean {
  if (headers['retry-after'] !== undefined || headers['x-ratelimit-remaining'] === '0') return true;
  return isUntyped(body) && /rate limit|abuse detection/i.test(textAt(body, 'message') ?? '');
}

/** GraphQL says everything with status 200. */
function isGraphqlLimit(body: unknown): boolean {
  if (!isUntyped(body)) return false;
  return listAt(body, 'errors').some((error) => isUntyped(error) && error['type'] === 'RATE_LIMITED');
}

/** GitHub's and Azure's X-RateLimit-Reset, GitLab's RateLimit-Reset: seconds since 1970. */
function resetMs(headers: IncomingHttpHeaders, nowMs: number): number | undefined {
  const text = [headers['x-ratelimit-reset'] ?? headers['ratelimit-reset'] ?? []].flat()[0] ?? '';
  return /^\d{9,12}$/.test(text) ? Number(text) * 1000 - nowMs : undefined;
}
