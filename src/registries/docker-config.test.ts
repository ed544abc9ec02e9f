import { expect, test } from 'vitest';
import { findDockerAuth, splitUserPassword } from './docker-config.ts';

const auth = (user: string) => ({ auth: btoa(`${user}:s3cret`) });
const config = (auths: unknown) => JSON.stringify({ auths });

for (const [auths, registry, repository, expected, why] of [
  [{ 'ghcr.io': auth('a') }, 'ghcr.io', 'x/y', 'a', 'a host'],
  [{ 'https://ghcr.io/': auth('a') }, 'ghcr.io', 'x/y', 'a', 'a URL'],
  [{ 'https://ghcr.io/v2/': auth('a') }, 'ghcr.io', 'x/y', 'a', 'a URL of the API'],
  [
    { 'https://index.docker.io/v1/': auth('a') },
    'registry-1.docker.io',
    'library/nginx',
    'a',
    'what docker login writes',
  ],
  [{ 'docker.io': auth('a') }, 'registry-1.docker.io', 'library/nginx', 'a', 'the name of Docker Hub'],
  [{ 'registry-1.docker.io': auth('a') }, 'registry-1.docker.io', 'library/nginx', 'a', 'its API'],
  [{ 'ghcr.io.example.net': auth('a') }, 'ghcr.io', 'x/y', undefined, 'a host that only begins alike'],
  [{ 'ghcr.io': auth('a') }, 'ghcr.io:5000', 'x/y', undefined, 'another port'],
  [{ 'GHCR.io': auth('a') }, 'ghcr.io', 'x/y', 'a', 'hosts have no letter case'],
  [{ 'r.io/g/a': auth('a'), 'r.io/g/b': auth('b') }, 'r.io', 'g/b/x', 'b', 'the path that leads to the repository'],
  [{ 'r.io': auth('all'), 'r.io/g': auth('g'), 'r.io/g/a': auth('a') }, 'r.io', 'g/a', 'a', 'the longest path'],
  [{ 'r.io/g/a': auth('a') }, 'r.io', 'g/ab/x', undefined, 'a path that only begins alike'],
  [{ 'r.io': { username: 'u', password: 's3cret' } }, 'r.io', 'x', 'u', 'username and password'],
  [{ 'r.io': {} }, 'r.io', 'x', undefined, 'left empty for a credential helper'],
  [{ 'r.io': auth('a'), 'other.io': 'broken' }, 'r.io', 'x', 'a', 'a broken entry for another registry'],
] as const) {
  test(`${Object.keys(auths)} gives ${registry}/${repository} ${expected}: ${why}`, () => {
    const value = expected === undefined ? undefined : { user: expected, password: 's3cret' };
    expect(findDockerAuth(config(auths), registry, repository)).toEqual({ ok: true, value });
  });
}

for (const [text, why] of [
  ['{"auths": {"r.io": {"auth": "s3cret', 'no JSON'],
  ['[]', 'no object'],
  [config([]), 'auths is a list'],
  [config({ 'r.io': 's3cret' }), 'an entry that is no object'],
  [config({ 'r.io': { auth: btoa('s3cret') } }), 'auth without a colon'],
  [config({ 'r.io': { auth: '%%%' } }), 'auth that is not base64'],
  [config({ 'r.io': { identitytoken: 's3cret' } }), 'an identity token'],
] as const) {
  test(`is refused without showing anything: ${why}`, () => {
    const result = findDockerAuth(text, 'r.io', 'x');
    expect(result.ok).toBe(false);
    expect(JSON.stringify(result)).not.toContain('s3cret');
  });
}

for (const [text, expected] of [
  ['user:password', { user: 'user', password: 'password' }],
  ['user:pass:word\n', { user: 'user', password: 'pass:word' }],
  ['user:password\r\n', { user: 'user', password: 'password' }],
  ['user:two\n\n', { user: 'user', password: 'two\n' }],
  ['user', undefined],
  ['user:', undefined],
  ['user:\n', undefined],
  [':password', undefined],
  ['', undefined],
] as const) {
  test(`${JSON.stringify(text)} is ${JSON.stringify(expected)}`, () => {
    const result = splitUserPassword(text);
    expect(result.ok ? result.value : undefined).toEqual(expected);
  });
}
