import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { gitFailure, tellingLine } from './git-errors.ts';

const context = { url: 'https://git.example.com/x', branch: 'main', secrets: ['hunter 2'] };

describe('gitFailure', () => {
  for (const [stderr, code] of [
    ["fatal: couldn't find remote ref refs/heads/nope", 'GIT_BRANCH_NOT_FOUND'],
    [
      "fatal: '/srv/x.git' does not appear to be a git repository\nfatal: Could not read from remote repository.",
      'GIT_REPOSITORY_NOT_FOUND',
    ],
    ["fatal: repository 'https://git.example.com/x/' not found", 'GIT_REPOSITORY_NOT_FOUND'],
    ["fatal: unable to access 'https://h/x/': The requested URL returned error: 404", 'GIT_REPOSITORY_NOT_FOUND'],
    ['ERROR: Repository not found.\nfatal: Could not read from remote repository.', 'GIT_REPOSITORY_NOT_FOUND'],
    ['remote: The project you were looking for could not be found.', 'GIT_REPOSITORY_NOT_FOUND'],
    ["fatal: could not read Username for 'https://h': terminal prompts disabled", 'GIT_UNAUTHORIZED'],
    ["fatal: Authentication failed for 'https://h/x/'", 'GIT_UNAUTHORIZED'],
    ["fatal: unable to access 'https://h/x/': The requested URL returned error: 403", 'GIT_UNAUTHORIZED'],
    ['git@h: Permission denied (publickey).\nfatal: Could not read from remote repository.', 'GIT_UNAUTHORIZED'],
    ['remote: HTTP Basic: Access denied', 'GIT_UNAUTHORIZED'],
    ["fatal: unable to access 'https://h/': CONNECT tunnel failed, response 407", 'GIT_UNAUTHORIZED'],
    ["fatal: unable to access 'https://h/': Received HTTP code 407 from proxy after CONNECT", 'GIT_UNAUTHORIZED'],
    ['Load key "/tmp/x/key": error in libcrypto\ngit@h: Permission denied (publickey).', 'CREDENTIALS_INVALID'],
    ["fatal: unable to access 'https://h/': The requested URL returned error: 302", 'GIT_REPOSITORY_NOT_FOUND'],
    ['fatal: unable to access \'https://h/\': Protocol "http" disabled', 'GIT_REPOSITORY_NOT_FOUND'],
    ["fatal: unable to access 'https://h/': getpeername() failed with errno 107", 'GIT_UNREACHABLE'],
    ["fatal: unable to access 'https://h/': GnuTLS recv error (-12): A TLS fatal alert", 'GIT_UNREACHABLE'],
    ['Host key verification failed.\nfatal: Could not read from remote repository.', 'GIT_UNAUTHORIZED'],
    ["fatal: detected dubious ownership in repository at '/srv/x.git'", 'GIT_UNAUTHORIZED'],
    ["fatal: unable to access 'https://h/': Could not resolve host: h", 'GIT_UNREACHABLE'],
    [
      "fatal: unable to access 'https://h/': Failed to connect to h port 443 after 0 ms: Couldn't connect to server",
      'GIT_UNREACHABLE',
    ],
    ['ssh: connect to host h port 22: Connection refused', 'GIT_UNREACHABLE'],
    ['ssh: Could not resolve hostname h: Name or service not known', 'GIT_UNREACHABLE'],
    [
      "fatal: unable to access 'https://h/': SSL certificate problem: unable to get local issuer certificate",
      'GIT_UNREACHABLE',
    ],
    ["fatal: unable to access 'https://h/': server certificate verification failed. CAfile: none", 'GIT_UNREACHABLE'],
    ["fatal: unable to access 'https://h/': The requested URL returned error: 502", 'GIT_UNREACHABLE'],
    ["fatal: unable to access 'https://h/': The requested URL returned error: 429", 'GIT_UNREACHABLE'],
    ['ssh: connect to host h port 22: Connection timed out', 'GIT_TIMEOUT'],
    ["fatal: transport 'ext' not allowed", 'GIT_REF_INVALID'],
    ["error: unknown option `no-write-fetch-head'", 'GIT_MISSING'],
    ['fatal: write error: No space left on device', 'GIT_FAILED'],
    ['fatal: bad object deadbeef', 'GIT_FAILED'],
    ['', 'GIT_FAILED'],
  ] as const) {
    test(`${JSON.stringify(stderr.slice(0, 70))} is ${code}`, () => {
      const failure = gitFailure(stderr, context);
      expect(failure.code).toBe(code);
      expect(failure.message).not.toMatch(/[\r\n]/);
      expect(failure.fix).not.toBe('');
    });
  }

  test('names the Secret that was not accepted, and one that was passed over', () => {
    const stderr = 'fatal: Authentication failed';
    const from = gitFailure(stderr, { ...context, credentialSource: 'the Secret argocd/shop' });
    expect(`${from.message} ${from.fix}`).toMatch(/the Secret argocd\/shop.*the Secret argocd\/shop/);
    expect(gitFailure(stderr, { ...context, passedOver: 'the Secret argocd/key' }).message).toContain('argocd/key');
  });
});

describe('tellingLine', () => {
  for (const [text, expected] of [
    [
      "fatal: unable to access 'https://bot:hunter 2@h/x?private_token=abc': gone",
      "unable to access 'https://h/x': gone",
    ],
    ['remote: denied for hunter 2', 'denied for ***'],
    ['remote: token hunter%202', 'token ***'],
    ['remote: \u001b[31mred\u001b[0m\u202e', '[31mred [0m '],
    ['noise\nremote: =====\nremote: GL-HOOK-ERR: no\nerror: failed to push some refs to x', 'GL-HOOK-ERR: no'],
    ['just text', 'just text'],
  ] as const) {
    test(JSON.stringify(expected), () => expect(tellingLine(text, context.secrets).trim()).toBe(expected.trim()));
  }

  test('is always one short line', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 2000 }), (text) => {
        const line = tellingLine(`fatal: ${text}`, []);
        expect(line.length).toBeLessThan(310);
        expect(line).not.toMatch(/[\p{Cc}]/u);
      }),
    );
  });
});
