import { expect, test } from 'vitest';
import { formatPostgresAddress, parsePostgresAddress } from './postgres-address.ts';

const PLAIN = {
  host: 'db.example',
  port: 5432,
  database: 'tiphys',
  user: 'app',
  password: undefined,
  tls: 'prefer',
  rootCertificates: undefined,
};

for (const [text, expected] of [
  ['postgres://app@db.example/tiphys', {}],
  ['postgresql://app@db.example:6432/tiphys', { port: 6432 }],
  ['postgres://app:p%40ss%2F@db.example/tiphys', { password: 'p@ss/' }],
  ['postgres://a%40b@db.example/my%20db', { user: 'a@b', database: 'my db' }],
  ['postgres://app@[2001:db8::1]/tiphys', { host: '2001:db8::1' }],
  [
    'postgres://app@db.example/tiphys?sslmode=verify-full&sslrootcert=/etc/ca.pem',
    { tls: 'verify-full', rootCertificates: '/etc/ca.pem' },
  ],
] as const) {
  test(`${text} is read`, () => {
    expect(parsePostgresAddress(text)).toEqual({ ok: true, value: { ...PLAIN, ...expected } });
  });
}

for (const [text, problem] of [
  ['mysql://app:secret@db/tiphys', 'begin with postgres://'],
  ['postgres://app:sec ret@db.exam ple/tiphys', 'not a URL'],
  ['postgres://app:%zzsecret@db.example/tiphys', 'not a URL'],
  ['postgres:///tiphys', 'no host'],
  ['postgres://db.example/secret', 'no user'],
  ['postgres://app:secret@db.example', 'no database'],
  ['postgres://app:secret@db.example/a/b', 'no database'],
  ['postgres://app:secret@db.example/tiphys?sslmode=allow', 'disable, prefer, require, verify-ca, verify-full'],
  ['postgres://app:secret@db.example/tiphys?options=secret', 'only sslmode and sslrootcert'],
] as const) {
  test(`${text} is refused, and not repeated`, () => {
    const read = parsePostgresAddress(text);
    expect(read).toEqual({ ok: false, problem: expect.stringContaining(problem) });
    expect(JSON.stringify(read)).not.toContain('secret');
  });
}

test('people are shown neither user nor password', () => {
  for (const [host, shown] of [
    ['db.example', 'postgres://db.example:5432/tiphys'],
    ['2001:db8::1', 'postgres://[2001:db8::1]:5432/tiphys'],
  ] as const) {
    expect(formatPostgresAddress({ ...PLAIN, host, password: 'secret', tls: 'prefer' })).toBe(shown);
  }
});
