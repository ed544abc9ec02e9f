import { expect, test } from 'vitest';
import { secretsOf, withoutSecrets } from './without-secrets.ts';

const JWT = 'eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJib3QifQ.c2lnbmF0dXJlc2lnbmF0dXJl';

for (const [line, expected] of [
  ['An error occurred (ExpiredToken) when calling GetAuthorizationToken', 'same'],
  ['/usr/local/lib/python3/site-packages/awscli: command not found', 'same'],
  ['curl: (6) Could not resolve host: auth.example.com', 'same'],
  ['login failed for hunter2', 'login failed for ***'],
  ['login failed: password=correct-horse', 'login failed: password=***'],
  ['--token abcdef rejected', '--token *** rejected'],
  ['> Authorization: Basic Ym90OnMzY3JldA==', '> Authorization: ***'],
  ['{"access_token": "short"}', '{"access_token": "***"}'],
  ['got wJalrXUtnFEMIK7MDENGbPxRfiCYEXAMPLEKEY', 'got ***'],
  [`got ${JWT}`, 'got ***.***.***'],
  ['got 0123456789abcdef0123456789abcdef', 'got ***'],
  ['POST https://bot:pw@registry.example.com/v2/ 401', 'POST https://registry.example.com/v2/ 401'],
  ['bad \u001b[31mred', 'bad  [31mred'],
] as const) {
  test(`${JSON.stringify(line)} is ${JSON.stringify(expected)}`, () => {
    expect(withoutSecrets(line, ['hunter2', 'a'])).toBe(expected === 'same' ? line : expected);
  });
}

test('a long line is cut, but no secret in two', () => {
  expect(withoutSecrets('no '.repeat(1_000), []).length).toBeLessThanOrEqual(300);
  for (let before = 270; before < 300; before += 1) {
    const line = `${'.'.repeat(before)} https://bot:hunter3@registry.example.com hunter2`;
    expect(withoutSecrets(line, ['hunter2'])).not.toContain('hunt');
  }
});

test('variables are secret by their names', () => {
  const env = { PATH: '/bin', AWS_SECRET_ACCESS_KEY: 'a', GITHUB_TOKEN: 'b', HUB_PASSWORD: 'c', HOME: '/' };
  expect(secretsOf(env)).toEqual(['a', 'b', 'c']);
});
