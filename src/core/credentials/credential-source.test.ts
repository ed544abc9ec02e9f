import { expect, test } from 'vitest';
import { describeCredentialSource, parseCredentialSource } from './credential-source.ts';

const secret = { kind: 'secret', namespace: 'ns', name: 's', field: 'f' };
for (const [text, value] of [
  ['secret:ns/s#f', secret],
  ['SECRET:ns/s#f', secret],
  ['gcr.io=secret:ns/s#f', secret],
  ['gcr.io=pullsecret:ns/s', { kind: 'pullsecret', namespace: 'ns', name: 's' }],
  ['pullsecret:ns/s', { kind: 'pullsecret', namespace: 'ns', name: 's' }],
  ['env:HUB', { kind: 'env', variable: 'HUB' }],
  ['env:A=', { kind: 'env', variable: 'A=' }],
  ['ext:/scripts/x.sh', { kind: 'ext', path: '/scripts/x.sh' }],
] as const) {
  test(`${text} is understood`, () => {
    expect(parseCredentialSource(text)).toEqual({ ok: true, value });
  });
}

for (const text of [
  'secret:ns/s#',
  'secret:/s#f',
  'secret:ns/#f',
  'secret:',
  'secret:ns/s',
  'secret:ns/s#f#g',
  'secret:a/b/c#f',
  'pullsecret:ns',
  'pullsecret:/s',
  'secrets:ns/s#f',
  '=secret:ns/s#f',
  'env:A:B',
  'env:',
  'ext:scripts/x.sh',
  'user',
  '',
]) {
  test(`"${text}" is refused`, () => {
    expect(parseCredentialSource(text).ok).toBe(false);
  });
}

for (const [text, expected] of [
  ['secret:ns/s#f', 'Secret ns/s, field f'],
  ['pullsecret:ns/s', 'pull Secret ns/s'],
  ['env:HUB', 'variable HUB'],
  ['ext:/x.sh', 'script /x.sh'],
] as const) {
  test(`${text} is called "${expected}"`, () => {
    const source = parseCredentialSource(text);
    expect(source.ok && describeCredentialSource(source.value)).toBe(expected);
  });
}
