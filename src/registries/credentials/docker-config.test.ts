import { expect, test } from 'vitest';
import { CANARY } from '../../../test/support/canary.ts';
import { findDockerAuths, findDockercfgAuths, findHelper, splitUserPassword } from './docker-config.ts';

const auth = (user: string) => ({ auth: btoa(`${user}:${CANARY}`) });
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
  [
    { 'r.io': auth('all'), 'r.io/g': auth('g'), 'r.io/g/a': auth('a'), 'r.io/x': auth('x') },
    'r.io',
    'g/a',
    'a g all',
    'all that match, the longest path first',
  ],
  [{ '*.acme.io': auth('any'), 'r.acme.io': auth('r') }, 'r.acme.io', 'x', 'r any', 'a host that is written out first'],
  [{ '*.acme.io/g': auth('g'), 'r.acme.io': auth('r') }, 'r.acme.io', 'g/x', 'g r', 'a longer path before that'],
  [{ '*.acme.io': auth('a') }, 'a.b.acme.io', 'x', undefined, 'a glob of one part'],
  [{ '*.*.acme.io': auth('a') }, 'a.b.acme.io', 'x', 'a', 'globs part by part'],
  [{ '*.acme.io': auth('a') }, 'acme.io', 'x', undefined, 'a glob does not stand for nothing'],
  [{ '*.acme.io': auth('a') }, 'r.acme.io:5000', 'x', undefined, 'a glob without the port'],
  [{ '*.acme.io:5000': auth('a') }, 'r.acme.io:5000', 'x', 'a', 'a glob with the port'],
  [{ 'r[0-9].acme.io': auth('a') }, 'r7.acme.io', 'x', 'a', 'a class'],
  [{ '[::1]:5000': auth('a') }, '[::1]:5000', 'x', 'a', 'an IPv6 address is no class'],
  [{ 'r.io/g/a': auth('a') }, 'r.io', 'g/ab/x', undefined, 'a path that only begins alike'],
  [{ 'r.io': { username: 'u', password: CANARY } }, 'r.io', 'x', 'u', 'username and password'],
  [{ 'r.io': {} }, 'r.io', 'x', undefined, 'left empty for a credential helper'],
  [{ 'r.io': auth('a'), 'other.io': 'broken' }, 'r.io', 'x', 'a', 'a broken entry for another registry'],
] as const) {
  test(`${Object.keys(auths)} gives ${registry}/${repository} ${expected}: ${why}`, () => {
    const value = (expected?.split(' ') ?? []).map((user) => ({ kind: 'password', user, password: CANARY }));
    expect(findDockerAuths(config(auths), registry, repository)).toEqual({ ok: true, value });
    expect(findDockercfgAuths(JSON.stringify(auths), registry, repository)).toEqual({ ok: true, value });
  });
}

for (const [text, why] of [
  [`{"auths": {"r.io": {"auth": "${CANARY}`, 'no JSON'],
  ['[]', 'no object'],
  [config([]), 'auths is a list'],
  [config({ 'r.io': CANARY }), 'an entry that is no object'],
  [config({ 'r.io': { auth: btoa(CANARY) } }), 'auth without a colon'],
  [config({ 'r.io': { auth: '%%%' } }), 'auth that is not base64'],
] as const) {
  test(`is refused without showing anything: ${why}`, () => {
    const result = findDockerAuths(text, 'r.io', 'x');
    expect(result.ok).toBe(false);
    expect(JSON.stringify(result)).not.toContain(CANARY);
  });
}

test('an identity token counts before what stands beside it', () => {
  const entry = { auth: btoa('00000000-0000-0000-0000-000000000000:'), identitytoken: 'lasting' };
  const value = [{ kind: 'identity-token', token: 'lasting' }];
  expect(findDockerAuths(config({ 'r.io': entry }), 'r.io', 'x')).toEqual({ ok: true, value });
});

test('a broken entry is passed over when another one can be used', () => {
  const auths = { 'r.io/g': { auth: '%%%' }, 'r.io': auth('a') };
  const value = [{ kind: 'password', user: 'a', password: CANARY }];
  expect(findDockerAuths(config(auths), 'r.io', 'g/x')).toEqual({ ok: true, value });
});

for (const [file, registry, expected, why] of [
  [{ credHelpers: { 'r.io': 'ecr-login' } }, 'r.io', 'ecr-login', 'the helper of a host'],
  [
    { credHelpers: { 'r.io': 'ecr-login' }, credsStore: 'pass' },
    'r.io',
    'ecr-login',
    'which wins over the one for all',
  ],
  [{ credHelpers: { 'r.io': 'ecr-login' }, credsStore: 'pass' }, 'ghcr.io', 'pass', 'the one for all'],
  [{ credHelpers: { 'https://index.docker.io/v1/': 'hub' } }, 'registry-1.docker.io', 'hub', 'any name of Docker Hub'],
  [{ auths: {} }, 'r.io', undefined, 'none'],
  [{ credsStore: '' }, 'r.io', undefined, 'an empty name'],
  [{ credsStore: '../../tmp/evil' }, 'r.io', 'refused', 'a path'],
  [{ credsStore: '-rf' }, 'r.io', 'refused', 'an option'],
  [{ credHelpers: { 'r.io': 5 } }, 'r.io', 'refused', 'no text'],
] as const) {
  test(`the helper for ${registry} in ${JSON.stringify(file)} is ${expected}: ${why}`, () => {
    const found = findHelper(JSON.stringify(file), registry);
    expect(found.ok ? found.value : 'refused').toBe(expected);
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
    expect(result.ok ? result.value : undefined).toEqual(expected && { kind: 'password', ...expected });
  });
}
