import { expect, test } from 'vitest';
import { item, report } from '../../test/support/sample-report.ts';
import { redactReport, shownRepoURL, withoutCredentials } from './redact.ts';

for (const [text, expected, why] of [
  ['https://bot:s3cret@git.example/a.git', 'https://git.example/a.git', 'user and password'],
  ['https://s3cret@git.example/a.git', 'https://git.example/a.git', 'a token in place of a user'],
  ['https://bot:s3@cret@git.example/a.git', 'https://git.example/a.git', 'an @ that was not encoded'],
  ['HTTP://bot:s3cret@git.example', 'HTTP://git.example', 'a scheme in capitals'],
  ['ssh://git:s3cret@git.example/a', 'ssh://git@git.example/a', 'over SSH the user is part of the address'],
  ['git@git.example:a.git', 'git@git.example:a.git', 'nothing to hide'],
  ['https://git.example/a@b', 'https://git.example/a@b', 'an @ in the path'],
  [
    'https://git.example/a?private_token=s3cret&x=1',
    'https://git.example/a?private_token=***&x=1',
    'a token in the query',
  ],
  ['(https://blob.example/a?se=1&sig=s3cret)', '(https://blob.example/a?se=1&sig=***)', 'the signature of a link'],
  ['https://git.example/a?service=token&n=1', 'https://git.example/a?service=token&n=1', 'a query without secrets'],
  ['of https://x:s3cret@a/b and https://y:s3cret@c/d', 'of https://a/b and https://c/d', 'each one in a sentence'],
] as const) {
  test(`${why}: ${expected}`, () => {
    expect(withoutCredentials(text)).toBe(expected);
  });
}

for (const [address, shown, why] of [
  ['https://bot:s3cret@git.example/a.git', 'https://git.example/a.git', 'user and password'],
  ['ssh://git:s3cret@git.example:22/a', 'ssh://git@git.example:22/a', 'over SSH the user is part of the address'],
  ['git@git.example:a@b/c.git', 'git@git.example:a@b/c.git', 'nothing to hide'],
  ['git.example:/srv/a/b@c.git', 'git.example:/srv/a/b@c.git', 'nothing to hide, without user'],
  ['/srv/a:b@c.git', '/srv/a:b@c.git', 'a path'],
  ['https://git.example/a@b', 'https://git.example/a@b', 'an @ in the path'],
  ['joe:s3cret@git.example:a.git', '***@git.example:a.git', 'a password where SSH knows none'],
  ['joe:s3/cret@git.example:a.git', '***@git.example:a.git', 'a password with a slash'],
  ['https:/joe:s3cret@git.example/a.git', '***@git.example/a.git', 'a slash too few'],
  ['https://joe:a s3cret@git.example/a.git', 'https://git.example/a.git', 'a password with a blank'],
  ['https://joe:a/s3cret@git.example/a.git', 'https://git.example/a.git', 'a password with a slash in a URL'],
  ['https://joe#s3cret@git.example/a.git', 'https://git.example/a.git', 'a password with a hash'],
  ['https://git.example/a.git#token=s3cret', 'https://git.example/a.git', 'a fragment'],
  ['https://git.example/a.git?key=s3cret', 'https://git.example/a.git', 'a query'],
  ['ext::sh -c s3cret', 'ext::***', 'a remote helper'],
] as const) {
  test(`a repoURL is shown as ${shown}: ${why}`, () => {
    expect(shownRepoURL(address)).toBe(shown);
  });
}

test('a repoURL of a megabyte is made fit for showing at once', () => {
  for (const part of ['@', ':', '/', '?', 'a:', ':@', '?@', ' ']) {
    for (const start of ['', 'a:', 'https://']) {
      expect(shownRepoURL(start + part.repeat(500_000))).toBeTypeOf('string');
    }
  }
});

test('no place in a report keeps a password', () => {
  const repoURL = 'https://bot:s3cret@git.example/a.git';
  const where = { repoURL, branch: 'main', path: 'x' };
  const problem = { code: 'GIT_FAILED', object: repoURL, message: `cannot read ${repoURL}`, fix: repoURL } as const;
  const made = report({
    items: [
      item({
        outcome: 'failed',
        reason: problem.message,
        target: { kind: 'helmvalues', ...where, writeBranch: null, credential: 'your own git' },
      }),
    ],
    files: [{ ...where, diff: '' }],
    commits: [{ ...where, commit: 'c', message: 'm' }],
    failures: [problem],
    warnings: [problem],
  });
  expect(JSON.stringify(redactReport(made))).not.toContain('s3cret');
});

test('a long word takes no long time', () => {
  const began = performance.now();
  for (const word of ['x', '?', '&token-']) {
    expect(withoutCredentials(word.repeat(200_000))).toBe(word.repeat(200_000));
  }
  expect(withoutCredentials(`?${'x'.repeat(1_000_000)}`)).toHaveLength(1_000_001);
  expect(performance.now() - began).toBeLessThan(20_000);
});
