import { describe, expect, test } from 'vitest';
import { testRegistries } from '../../test/support/registries.ts';
import { startRegistry } from '../demo/registry.ts';
import { describeRateLimit, readRateLimit } from './rate-limit.ts';

for (const [limit, remaining, expected] of [
  ['100;w=21600', '76;w=21600', 'Hub: 76 of 100 requests in 6 h are left'],
  ['5000;w=60', '0;w=60', 'Hub: 0 of 5000 requests in 1 min are left'],
  ['10;w=90', '9', 'Hub: 9 of 10 requests in 90 s are left'],
  ['10', '9', 'Hub: 9 of 10 requests are left'],
  ['100, 100;w=10', '76', 'Hub: 76 of 100 requests are left'],
  ['100', undefined, undefined],
  [undefined, '1', undefined],
  ['many', 'few', undefined],
  ['-1', '1', undefined],
  ['1e9', '1', undefined],
  ['99999999999', '1', undefined],
] as const) {
  test(`RateLimit-Limit ${limit}, RateLimit-Remaining ${remaining}: ${expected}`, () => {
    const headers = {
      ...(limit === undefined ? {} : { 'ratelimit-limit': limit }),
      ...(remaining === undefined ? {} : { 'ratelimit-remaining': remaining }),
    };
    const read = readRateLimit(headers);
    expect(read && describeRateLimit('Hub', read)).toBe(expected);
  });
}

describe('what a registry says of its limit', () => {
  test('is remarked on, as it said last', async () => {
    let left = 100;
    await using registry = await startRegistry({
      rateLimit: () => ({ limit: 100, remaining: left--, windowS: 21_600 }),
    });
    registry.putImage('acme/shop', '1.0', { created: '' });
    await using registries = testRegistries();
    const image = { registry: registry.host, repository: 'acme/shop' };
    const scan = registries.scan();
    expect((await scan.remarks(image)).remarks).toEqual([]);
    await scan.list(image, new AbortController().signal);
    expect((await scan.remarks(image)).remarks).toEqual([`${registry.host}: 99 of 100 requests in 6 h are left`]);
  });
});
