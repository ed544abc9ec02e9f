import type { IncomingHttpHeaders } from 'node:http';

/** What a registry lets its callers do, and how much of that is left. */
export interface RateLimit {
  readonly limit: number;
  readonly remaining: number;
  /** The time for which it counts; undefined when the registry does not say. */
  readonly windowS: number | undefined;
}

/**
 * What an answer says of its registry's limit: `RateLimit-Limit: 100;w=21600` and `RateLimit-Remaining: 76;w=21600`.
 * @see https://docs.docker.com/docker-hub/usage/pulls/
 */
export function readRateLimit(headers: IncomingHttpHeaders): RateLimit | undefined {
  const limit = readCount(headers['ratelimit-limit']);
  const remaining = readCount(headers['ratelimit-remaining']);
  if (limit === undefined || remaining === undefined) return undefined;
  return { limit: limit.count, remaining: remaining.count, windowS: limit.windowS ?? remaining.windowS };
}

function readCount(header: string | readonly string[] | undefined) {
  const match = /^(\d{1,9})(?:\s*;\s*w=(\d{1,9}))?\s*(?:[;,]|$)/.exec([header ?? []].flat()[0] ?? '');
  if (match === null) return undefined;
  const [, count, windowS] = match;
  return { count: Number(count), windowS: windowS === undefined ? undefined : Number(windowS) };
}

/** "Docker Hub: 76 of 100 requests in 6 h are left" */
export function describeRateLimit(registry: string, { limit, remaining, windowS }: RateLimit): string {
  return `${registry}: ${remaining} of ${limit} requests${windowS === undefined ? '' : ` in ${formatWindow(windowS)}`} are left`;
}

function formatWindow(seconds: number): string {
  if (seconds % 3600 === 0) return `${seconds / 3600} h`;
  return seconds % 60 === 0 ? `${seconds / 60} min` : `${seconds} s`;
}
