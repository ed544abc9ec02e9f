import { describe, expect, test } from 'vitest';
import { agentProxies, agentProxy, proxyFor } from './proxy.ts';

const OWN = 'http://own:3128';
const URL_ = 'https://git.example.com';

describe('the repository’s own proxy', () => {
  for (const [noProxy, url, isPast] of [
    ['', URL_, false],
    ['*', URL_, true],
    ['git.example.com', URL_, true],
    ['example.com', URL_, true],
    ['.example.com', URL_, true],
    ['*.example.com', URL_, true],
    ['.git.example.com', URL_, false],
    ['ample.com', URL_, false],
    ['other.com, GIT.example.com ', URL_, true],
    ['git.example.com:443', URL_, true],
    ['git.example.com:8443', URL_, false],
    ['10.0.0.0/8', 'https://10.1.2.3', true],
    ['10.0.0.0/8', 'https://11.1.2.3', false],
    ['10.0.0.0/99', 'https://10.1.2.3', false],
    ['10.1.2.3', 'https://10.1.2.3:8443', true],
    ['fd00::/8', 'https://[fd00::1]', true],
    ['fd00::1', 'https://[fd00::1]', true],
    ['[fd00::1]:8443', 'https://[fd00::1]:8443', true],
    ['127.0.0.1', 'http://127.0.0.1:3000', true],
  ] as const) {
    test(`noProxy "${noProxy}" ${isPast ? 'lets' : 'does not let'} ${url} past`, () => {
      expect(proxyFor(url, { proxy: OWN, noProxy }, { https_proxy: 'http://env', no_proxy: '*' })).toBe(
        isPast ? undefined : OWN,
      );
    });
  }

  test('is used for this machine, too', () => {
    expect(proxyFor('http://127.0.0.1:3000', { proxy: OWN }, {})).toBe(OWN);
  });
});

describe('the environment’s proxies', () => {
  for (const [env, url, expected] of [
    [{}, URL_, undefined],
    [{ HTTPS_PROXY: 'http://a', https_proxy: 'http://b' }, URL_, 'http://b'],
    [{ HTTP_PROXY: 'http://a' }, URL_, undefined],
    [{ HTTP_PROXY: 'http://a' }, 'http://git.example.com', 'http://a'],
    [{ ALL_PROXY: 'socks5://a' }, URL_, 'socks5://a'],
    [{ HTTPS_PROXY: 'http://a', NO_PROXY: 'example.com' }, URL_, undefined],
    [{ HTTPS_PROXY: 'http://a' }, 'https://localhost:8443', undefined],
  ] as const) {
    test(`${JSON.stringify(env)} for ${url}: ${expected}`, () => expect(proxyFor(url, {}, env)).toBe(expected));
  }
});

describe('what undici’s agents are opened with', () => {
  for (const [proxy, expected] of [
    ['http://me:p%40ss@a:3128', { uri: 'http://me:p%40ss@a:3128' }],
    ['socks5://a:1080', { uri: 'socks5://a:1080' }],
    ['socks5h://me%2Fher:p%40ss@a', { uri: 'socks5://me%2Fher:p%40ss@a', username: 'me/her', password: 'p@ss' }],
    ['socks5://me:100%@a', { uri: 'socks5://me:100%@a', username: 'me', password: '100%' }],
  ] as const) {
    test(`${proxy}`, () => expect(agentProxy(proxy)).toEqual(expected));
  }

  test('the environment’s, with the login of the one for HTTPS', () => {
    expect(agentProxies({ http_proxy: 'socks5://a:b@x', HTTPS_PROXY: 'socks5://c:d%2B@y' })).toEqual({
      httpProxy: 'socks5://a:b@x',
      httpsProxy: 'socks5://c:d%2B@y',
      username: 'c',
      password: 'd+',
    });
    expect(agentProxies({})).toEqual({ httpProxy: '', httpsProxy: '' });
    expect(agentProxies({ HTTPS_PROXY: 'http://e' }, 'http://own')).toEqual({
      httpProxy: 'http://own',
      httpsProxy: 'http://own',
    });
  });
});
