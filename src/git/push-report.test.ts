import { describe, expect, test } from 'vitest';
import { readPush } from './push-report.ts';

const context = { url: 'https://git.example.com/x', branch: 'main', secrets: ['hunter 2'] };

function read(code: number, summary: string, stderr = '') {
  const flag = code === 0 ? ' ' : '!';
  const line = summary === '' ? '' : `${flag}\tabc:refs/heads/main\t${summary}\n`;
  return readPush({ code, stdout: Buffer.from(`To x\n${line}Done\n`), stderr }, context);
}

/** The failure; fails the test when there is none. */
function failureOf(outcome: ReturnType<typeof read>) {
  if (outcome.kind !== 'failed') throw new Error(`it is ${outcome.kind}`);
  return outcome.failure;
}

describe('accepted', () => {
  for (const summary of ['1234567..89abcde', '[new branch]', '[up to date]', '+ 1234567...89abcde (forced update)']) {
    test(summary, () => expect(read(0, summary)).toEqual({ kind: 'pushed' }));
  }
});

describe('somebody else was faster', () => {
  for (const [who, summary] of [
    ['git, by the lease', '[rejected] (stale info)'],
    ['git, with a commit that we lack', '[rejected] (fetch first)'],
    ['git, with one that we have', '[rejected] (non-fast-forward)'],
    ['git, receive.denyNonFastForwards', '[remote rejected] (non-fast-forward)'],
    ['git, a tag or branch that was moved', '[rejected] (remote ref updated since checkout)'],
    ['git, a ref that moved', '[remote rejected] (incorrect old value provided)'],
    ['git, a ref that moved or is locked', '[remote rejected] (failed to update ref)'],
    [
      'git, in the moment of the update',
      "[remote rejected] (cannot lock ref 'refs/heads/main': is at 1 but expected 2)",
    ],
    [
      'git, while another holds it',
      "[remote rejected] (cannot lock ref 'refs/heads/main': Unable to create '/x.lock')",
    ],
    ['git, a branch that appeared', "[remote rejected] (cannot lock ref 'refs/heads/w': reference already exists)"],
    ['git, an old one', '[remote rejected] (failed to lock)'],
    ['Gitaly', '[remote rejected] (cannot lock references)'],
    ['JGit', '[remote rejected] (non-fast forward)'],
    ['JGit, a lock', '[remote rejected] (lock failure)'],
    [
      'Azure DevOps',
      "[remote rejected] (TF401028: The reference 'refs/heads/main' has already been updated by another client, so you cannot update it. Please try again.)",
    ],
    ['a server that died on the way', '[remote failure] (remote failed to report status)'],
  ] as const) {
    test(`${who}: ${summary}`, () => expect(read(1, summary).kind).toBe('raced'));
  }
});

const BRANCH = /let your user push to this branch, or name another one/;
const SIGN = /sign commits/;
const AUTHOR = /--git-commit-email/;
const WRITABLE = /writable again/;
const SERVER = /the server's log/;
const NAME = /a shorter name/;
const HOOK = /the server's hook/;

describe('refused, and why', () => {
  for (const [who, summary, stderr, ...fixes] of [
    [
      'GitHub, branch protection',
      '[remote rejected] (protected branch hook declined)',
      'remote: error: GH006: Protected branch update failed for refs/heads/main.\nremote: error: 2 of 2 required status checks are expected.',
      BRANCH,
    ],
    [
      'GitHub, a rule set',
      '[remote rejected] (push declined due to repository rule violations)',
      'remote: error: GH013: Repository rule violations found for refs/heads/main.\nremote: - Changes must be made through a pull request.\nremote: - Commits must have verified signatures.',
      BRANCH,
      SIGN,
    ],
    [
      'GitHub, out of order',
      '[remote rejected] (Internal Server Error)',
      'remote: Internal Server Error\nremote: Request ID 65EF:1EC443',
      SERVER,
    ],
    [
      'GitLab, a protected branch',
      '[remote rejected] (pre-receive hook declined)',
      'remote: GitLab: You are not allowed to push code to protected branches on this project.',
      BRANCH,
    ],
    [
      'GitLab, a push rule for authors',
      '[remote rejected] (pre-receive hook declined)',
      "remote: GitLab: Committer's email 'x@example.com' does not follow the pattern '.*@valid.com'",
      AUTHOR,
    ],
    [
      'GitLab, a push rule for messages',
      '[remote rejected] (pre-receive hook declined)',
      "remote: GitLab: Commit message does not follow the pattern '^JIRA-'",
      AUTHOR,
    ],
    [
      'GitLab, a push rule for signatures',
      '[remote rejected] (pre-receive hook declined)',
      'remote: GitLab: Commit must be signed with a GPG key',
      SIGN,
    ],
    [
      'Gitea and Forgejo',
      '[remote rejected] (pre-receive hook declined)',
      'remote: error:\nremote: error: Not allowed to push to protected branch main',
      BRANCH,
    ],
    [
      'Bitbucket Cloud',
      '[remote rejected] (pre-receive hook declined)',
      'remote: Permission denied to update branch main.',
      BRANCH,
    ],
    [
      'Bitbucket Data Center',
      '[remote rejected] (pre-receive hook declined)',
      'remote: Branch refs/heads/main can only be modified through pull requests.\nremote: Check your branch permissions configuration with the project administrator.',
      BRANCH,
    ],
    [
      'Azure DevOps, a branch policy',
      '[remote rejected] (TF402455: Pushes to this branch are not permitted; you must use a pull request to update this branch.)',
      '',
      BRANCH,
    ],
    [
      'Azure DevOps, a missing permission',
      "[remote rejected] (TF401027: You need the Git 'GenericContribute' permission to perform this action.)",
      '',
      BRANCH,
    ],
    ['Gerrit', '[remote rejected] (prohibited by Gerrit: not permitted: update)', '', BRANCH],
    ['Gerrit, for authors', '[remote rejected] (invalid committer)', '', AUTHOR],
    [
      'a branch in the folder of another one',
      '[remote rejected] (failed to update ref)',
      "remote: error: cannot lock ref 'refs/heads/a/b': 'refs/heads/a' exists; cannot create 'refs/heads/a/b'",
      NAME,
    ],
    ['a hook of the house', '[remote rejected] (pre-receive hook declined)', 'remote: no deploys on Fridays', HOOK],
    ['a hook that says nothing', '[remote rejected] (hook declined)', '', HOOK],
    ['a full disk', '[remote rejected] (unpacker error)', 'error: remote unpack failed: index-pack failed', SERVER],
    ['what nobody has heard of', '[remote rejected] (flux capacitor)', '', HOOK],
    ['an archived project', '', 'ERROR: This repository was archived so it is read-only.', WRITABLE],
    [
      'a token that may only read',
      '',
      "remote: Write access to repository not granted.\nfatal: unable to access 'https://h/x/': The requested URL returned error: 403",
      BRANCH,
    ],
    ['GitHub, another user', '', 'ERROR: Permission to a/b.git denied to c.', BRANCH],
    ['GitLab, a guest', '', 'remote: You are not allowed to push code to this project.', BRANCH],
  ] as const) {
    test(who, () => {
      const failure = failureOf(read(1, summary, stderr));
      expect(failure.code).toBe('GIT_PUSH_REFUSED');
      for (const fix of fixes) expect(failure.fix).toMatch(fix);
      const said = [...summary.matchAll(/\((.*)\)/g), ...stderr.matchAll(/^(?:remote|ERROR): (?:error: )?(.+)$/gm)];
      for (const [, text = ''] of said) expect(failure.message).toContain(text);
    });
  }

  test('only what may pass by itself is worth another cycle', () => {
    expect(failureOf(read(1, '[remote rejected] (Internal Server Error)')).retry).toEqual({ kind: 'backoff' });
    expect(failureOf(read(1, '[remote rejected] (hook declined)')).retry).toEqual({ kind: 'when-changed' });
  });

  test('names the Secret that must be let in, and no password', () => {
    const exit = {
      code: 1,
      stdout: Buffer.from('!\tx\t[remote rejected] (denied for hunter 2)\n'),
      stderr: 'hunter%202',
    };
    const failure = failureOf(readPush(exit, { ...context, credentialSource: 'the Secret argocd/shop' }));
    expect(failure.fix).toContain('let the Secret argocd/shop push');
    expect(failure.message).not.toMatch(/hunter/);
  });
});

describe('not even heard', () => {
  for (const [stderr, expected] of [
    ['git@h: Permission denied (publickey).', 'GIT_UNAUTHORIZED'],
    ["fatal: Authentication failed for 'https://h/x/'", 'GIT_UNAUTHORIZED'],
    ["fatal: unable to access 'https://h/x/': The requested URL returned error: 503", 'GIT_UNREACHABLE'],
    ['fatal: the remote end hung up unexpectedly', 'GIT_UNREACHABLE'],
    ['remote: TF401019: The Git repository with name or identifier x does not exist', 'GIT_REPOSITORY_NOT_FOUND'],
  ] as const) {
    test(`${stderr.slice(0, 60)}: ${expected}`, () => expect(failureOf(read(128, '', stderr)).code).toBe(expected));
  }
});
