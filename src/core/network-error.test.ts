import { expect, test } from 'vitest';
import { classifyNetworkError, safeUrl } from './network-error.ts';

const coded = (code: string) => Object.assign(new Error('Bearer s3cret'), { code });

for (const [error, kind, code] of [
  [coded('ETIMEDOUT'), 'timeout', 'ETIMEDOUT'],
  [new DOMException('took too long', 'TimeoutError'), 'timeout', 'TimeoutError'],
  [coded('DEPTH_ZERO_SELF_SIGNED_CERT'), 'certificate', 'DEPTH_ZERO_SELF_SIGNED_CERT'],
  [coded('UND_ERR_SOCKET'), 'broken-off', 'UND_ERR_SOCKET'],
  [new Error('outer', { cause: coded('ECONNRESET') }), 'broken-off', 'ECONNRESET'],
  [new AggregateError([coded('ECONNREFUSED')]), 'unreachable', 'ECONNREFUSED'],
  ['thrown text', 'unreachable', 'unknown error'],
] as const) {
  test(`${code} is ${kind}`, () => {
    expect(classifyNetworkError(error)).toEqual({ kind, code });
  });
}

test('a URL is shown without user, query and fragment', () => {
  expect(safeUrl(new URL('https://bot:s3cret@git.example:8443/api?token=s3cret#s3cret'))).toBe(
    'https://git.example:8443/api',
  );
});
