import { expect, test } from 'vitest';
import { judgeRealm } from './realm.ts';

for (const [registry, realm, expected, why, more] of [
  ['https://r.io', 'https://r.io/token', 'trusted', 'its own'],
  ['https://registry-1.docker.io', 'https://auth.docker.io/token', 'trusted', 'named over verified HTTPS'],
  ['https://r.io', 'http://r.io/token', 'refused', 'down to plain HTTP'],
  ['https://r.io', 'http://127.0.0.1/token', 'refused', 'down to plain HTTP, be it here'],
  [
    'https://r.io',
    'https://a.io/token',
    'refused',
    'named by somebody it redirects to',
    { answeredBy: 'https://a.io/v2/' },
  ],
  [
    'https://r.io',
    'https://r.io/token',
    'refused',
    'named by somebody it redirects to',
    { answeredBy: 'https://a.io/v2/' },
  ],
  ['https://r.io', 'https://r.io/token', 'trusted', 'its own, whoever it is', { insecure: true }],
  ['https://r.io', 'https://a.io/token', 'anonymous', 'anybody could have named it', { insecure: true }],
  ['http://127.0.0.1:5000', 'http://127.0.0.1:5000/token', 'trusted', 'its own'],
  ['http://127.0.0.1:5000', 'http://127.0.0.1:6000/token', 'trusted', 'the same machine'],
  ['http://127.0.0.1:5000', 'https://a.io/token', 'anonymous', 'named over plain HTTP'],
  ['http://127.0.0.1:5000', 'http://a.io/token', 'refused', 'another host over plain HTTP'],
  ['http://r.io', 'http://r.io/token', 'trusted', 'configured as insecure', { insecure: true }],
  ['http://r.io', 'http://a.io/token', 'refused', 'another host over plain HTTP', { insecure: true }],
  ['https://r.io', 'https://169.254.169.254/token', 'refused', 'where clouds keep their secrets'],
  ['https://169.254.1.1', 'https://169.254.1.1/token', 'trusted', 'its own, on this link'],
  ['https://r.io', '/token', 'refused', 'no URL'],
  ['https://r.io', '', 'refused', 'none'],
  ['https://r.io', 'file:///etc/passwd', 'refused', 'another protocol'],
  ['https://r.io', 'https://user:password@r.io/token', 'refused', 'credentials of its own'],
] as const) {
  test(`${registry} names ${realm || 'nothing'}${more ? ` ${JSON.stringify(more)}` : ''}: ${expected}, ${why}`, () => {
    const { answeredBy = `${registry}/v2/`, insecure = false }: { answeredBy?: string; insecure?: boolean } =
      more ?? {};
    const question = { realm, registry: new URL(registry), answeredBy: new URL(answeredBy), insecure };
    expect(judgeRealm(question).kind).toBe(expected);
  });
}
