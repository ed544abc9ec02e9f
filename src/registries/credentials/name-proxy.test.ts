import { expect, test } from 'vitest';
import { endpointFor } from '../../../test/support/registries.ts';
import { nameProxy } from './name-proxy.ts';

const URL_WITH_PASSWORD = 'http://bot:s3cret@proxy.example.com:3128';
const PROXY = 'http://proxy.example.com:3128';

for (const [what, apiUrl, proxy, env, expected] of [
  ['its own', 'https://r.io', URL_WITH_PASSWORD, {}, { from: 'proxy of r.io in registries.conf', url: PROXY }],
  ['its own, before the environment', 'https://r.io', PROXY, { https_proxy: URL_WITH_PASSWORD }, undefined],
  [
    'HTTPS_PROXY',
    'https://r.io',
    undefined,
    { HTTPS_PROXY: URL_WITH_PASSWORD },
    { from: 'variable HTTPS_PROXY', url: PROXY },
  ],
  ['small letters first', 'https://r.io', undefined, { https_proxy: PROXY, HTTPS_PROXY: URL_WITH_PASSWORD }, undefined],
  ['not that of another protocol', 'http://r.io', undefined, { HTTPS_PROXY: URL_WITH_PASSWORD }, undefined],
  [
    'that of its protocol',
    'http://r.io',
    undefined,
    { http_proxy: URL_WITH_PASSWORD },
    { from: 'variable http_proxy', url: PROXY },
  ],
  ['none for this machine', 'http://127.0.0.1:5000', undefined, { http_proxy: URL_WITH_PASSWORD }, undefined],
  ['none without a password', 'https://r.io', PROXY, {}, undefined],
  [
    'a user alone',
    'https://r.io',
    'http://token@p:1',
    {},
    { from: 'proxy of r.io in registries.conf', url: 'http://p:1' },
  ],
  ['what is no address', 'https://r.io', undefined, { https_proxy: 's3cret' }, undefined],
] as const) {
  test(what, () => {
    expect(nameProxy(endpointFor('r.io', apiUrl, proxy === undefined ? {} : { proxy }), env)).toEqual(expected);
  });
}
