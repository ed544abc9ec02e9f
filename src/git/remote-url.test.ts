import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseRemote } from './remote-url.ts';

describe('parseRemote', () => {
  const host = { hostname: 'git.example.com', path: 'x' };
  for (const [text, expected] of [
    [
      'https://git.example.com/team/x.git',
      { url: 'https://git.example.com/team/x.git', origin: 'https://git.example.com', ...host, path: 'team/x.git' },
    ],
    [
      ' http://git.example.com:8080/x ',
      { protocol: 'http', url: 'http://git.example.com:8080/x', origin: 'http://git.example.com:8080', ...host },
    ],
    [
      'https://bot:p%40ss%3A@git.example.com/x',
      {
        url: 'https://git.example.com/x',
        origin: 'https://git.example.com',
        username: 'bot',
        password: 'p@ss:',
        ...host,
      },
    ],
    [
      'https://bot@git.example.com/x',
      { url: 'https://git.example.com/x', origin: 'https://git.example.com', username: 'bot', ...host },
    ],
  ] as const) {
    test(`reads ${text}`, () => {
      expect(parseRemote(text)).toEqual({ ok: true, value: { kind: 'http', protocol: 'https', ...expected } });
    });
  }

  for (const [text, url, hostname, path] of [
    ['git@Git.Example.com:team/x.git', 'git@Git.Example.com:team/x.git', 'git.example.com', 'team/x.git'],
    ['git.example.com:/srv/x.git', 'git.example.com:/srv/x.git', 'git.example.com', 'srv/x.git'],
    ['git@[::1]:x.git', 'git@[::1]:x.git', '[::1]', 'x.git'],
    ['ssh://git@git.example.com:2222/x.git', 'ssh://git@git.example.com:2222/x.git', 'git.example.com', 'x.git'],
    ['ssh://git:secret@git.example.com/x.git', 'ssh://git@git.example.com/x.git', 'git.example.com', 'x.git'],
  ] as const) {
    test(`reads ${text}`, () => {
      expect(parseRemote(text)).toEqual({ ok: true, value: { kind: 'ssh', protocol: 'ssh', url, hostname, path } });
    });
  }

  for (const [text, path] of [
    ['file:///srv/x.git', '/srv/x.git'],
    ['/srv/a b/x.git', '/srv/a%20b/x.git'],
  ] as const) {
    test(`reads ${text}`, () => {
      const value = { kind: 'local', protocol: 'file', url: `file://${path}`, hostname: '', path };
      expect(parseRemote(text)).toEqual({ ok: true, value });
    });
  }

  for (const host of [
    '169.254.169.254',
    '2852039166',
    '0xa9fea9fe',
    '0251.0376.0251.0376',
    '169.254.169.254.',
    '[fe80::1]',
    '[::ffff:a9fe:a9fe]',
    '[fd00:ec2::254]',
    'metadata.google.internal',
  ]) {
    test(`refuses ${host}, an address of the link, in every form of URL`, () => {
      for (const url of [`http://${host}/x`, `https://${host}:8443/x`, `ssh://git@${host}/x`, `git@${host}:x`]) {
        expect(parseRemote(url)).toMatchObject({ ok: false, problem: expect.stringContaining('own link') });
      }
    });
  }

  for (const text of [
    '',
    '--upload-pack=touch /tmp/x',
    '-x@host:path',
    'git@-oProxyCommand=x:path',
    'ssh://-oProxyCommand=x/path',
    'ssh://-x@host/path',
    'git@host:-path',
    'ext::sh -c touch% /tmp/x',
    'fd::17',
    'git://git.example.com/x',
    'ftp://git.example.com/x',
    'file://host/x',
    'https://',
    'https://git.example.com/x?token=secret',
    'https://git.example.com/x#secret',
    'https://git.example.com/x\n',
    'joe:secret@git.example.com:x.git',
    'https:/joe:secret@git.example.com/x.git',
    './x.git',
    'x.git',
    'a\u0000b',
  ].filter((text) => text.trim() === text || text === '')) {
    test(`refuses ${JSON.stringify(text)} without repeating it`, () => {
      const result = parseRemote(text);
      expect(result.ok).toBe(false);
      expect(JSON.stringify(result)).not.toContain('secret');
    });
  }

  test('no accepted URL shows a password, begins with a dash or names a remote helper', () => {
    const part = fc.oneof(fc.string(), fc.constantFrom('https://', 'ssh://', '@', ':', '-', '::', 'host', '/x', '%2D'));
    fc.assert(
      fc.property(fc.array(part, { maxLength: 8 }), (parts) => {
        const result = parseRemote(parts.join(''));
        if (!result.ok) return;
        const { kind, url, password } = result.value;
        expect(url).not.toMatch(
          kind === 'local' ? /^(?!file:\/\/\/)/ : /^-|^[a-z0-9]+::|^([a-z]+:\/\/)?([^/:]*@)?-|[\n\0]/i,
        );
        if (password !== undefined && password.length > 3) expect(url).not.toContain(password);
      }),
      { numRuns: 1000 },
    );
  });
});
