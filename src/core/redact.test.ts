import { expect, test } from 'vitest';
import { item, report } from '../../test/support/sample-report.ts';
import { redactReport, withoutCredentials } from './redact.ts';

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
