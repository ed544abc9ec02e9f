import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseRemote } from './remote-url.ts';

describe('parseRemote', () => {
  for (const [text, expected] of [
    [
      'https://git.example.com/team/x.git',
      { kind: 'http', url: 'https://git.example.com/team/x.git', origin: 'https://git.example.com' },
    ],
    [
      ' http://git.example.com:8080/x ',
      { kind: 'http', url: 'http://git.example.com:8080/x', origin: 'http://git.example.com:8080' },
    ],
    [
      'https://bot:p%40ss%3A@git.example.com/x',
      {
        kind: 'http',
        url: 'https://git.example.com/x',
        origin: 'https://git.example.com',
        username: 'bot',
        password: 'p@ss:',
      },
    ],
    [
      'https://bot@git.example.com/x',
      { kind: 'http', url: 'https://git.example.com/x', origin: 'https://git.example.com', username: 'bot' },
    ],
    ['git@git.example.com:team/x.git', { kind: 'ssh', url: 'git@git.example.com:team/x.git' }],
    ['git.example.com:/srv/x.git', { kind: 'ssh', url: 'git.example.com:/srv/x.git' }],
    ['git@[::1]:x.git', { kind: 'ssh', url: 'git@[::1]:x.git' }],
    ['ssh://git@git.example.com:2222/x.git', { kind: 'ssh', url: 'ssh://git@git.example.com:2222/x.git' }],
    ['ssh://git:secret@git.example.com/x.git', { kind: 'ssh', url: 'ssh://git@git.example.com/x.git' }],
    ['file:///srv/x.git', { kind: 'local', url: 'file:///srv/x.git' }],
    ['/srv/a b/x.git', { kind: 'local', url: 'file:///srv/a%20b/x.git' }],
  ] as const) {
    test(`reads ${text}`, () => {
      expect(parseRemote(text)).toEqual({ ok: true, value: expected });
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
