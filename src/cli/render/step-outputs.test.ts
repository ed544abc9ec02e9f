import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { formatDotenv, formatGithubOutput, stepOutputs } from './step-outputs.ts';

const RESULT = { outcome: 'committed', commit: 'a1b2', branch: 'main', pullRequestURL: undefined } as const;

test('a later step is told everything, and what there is not as empty', () => {
  expect(formatDotenv(stepOutputs(RESULT))).toBe(
    'TIPHYS_OUTCOME=committed\nTIPHYS_COMMIT=a1b2\nTIPHYS_BRANCH=main\nTIPHYS_PULL_REQUEST_URL=\n',
  );
});

for (const branch of ['main', "it's", 'a$(touch x)b', 'a;b', 'ü', '`id`', 'feature/x#1', '"quoted"']) {
  test(`a shell reads ${branch} as it is`, () => {
    const text = formatDotenv(stepOutputs({ ...RESULT, branch }));
    const printed = execFileSync('sh', ['-c', `${text}printf %s "$TIPHYS_BRANCH"`], { encoding: 'utf8' });
    expect(printed).toBe(branch);
  });
}

test('GitHub reads values between delimiters', () => {
  const outputs = new Map([
    ['A', 'one'],
    ['B', 'two\nlines\nC=3'],
  ]);
  expect(formatGithubOutput(outputs, 'ghadelimiter_1')).toBe(
    'A<<ghadelimiter_1\none\nghadelimiter_1\nB<<ghadelimiter_1\ntwo\nlines\nC=3\nghadelimiter_1\n',
  );
});
