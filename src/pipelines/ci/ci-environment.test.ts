import { describe, expect, test } from 'vitest';
import { readCiEnvironment } from './ci-environment.ts';
import { isSameRepository } from './own-repository.ts';
import { skipCiWords, startsItself } from './skip-ci.ts';

const GITLAB = {
  GITLAB_CI: 'true',
  CI_SERVER_HOST: 'gitlab.example.com',
  CI_PROJECT_ID: '42',
  CI_PROJECT_URL: 'https://gitlab.example.com/acme/shop',
  CI_COMMIT_BRANCH: 'main',
  CI_COMMIT_SHA: 'a'.repeat(40),
  CI_PIPELINE_IID: '17',
  GITLAB_USER_NAME: 'Jane Doe',
  GITLAB_USER_EMAIL: 'jane@example.com',
};
const GITHUB = {
  GITHUB_ACTIONS: 'true',
  GITHUB_SERVER_URL: 'https://github.com',
  GITHUB_REPOSITORY: 'acme/shop',
  GITHUB_REPOSITORY_ID: '1296269',
  GITHUB_REF: 'refs/heads/feature/x',
  GITHUB_SHA: 'b'.repeat(40),
  GITHUB_RUN_NUMBER: '5',
  GITHUB_WORKFLOW: 'Deploy',
  GITHUB_WORKFLOW_REF: 'acme/shop/.github/workflows/deploy.yml@refs/heads/feature/x',
  GITHUB_ACTOR: 'octocat',
  GITHUB_ACTOR_ID: '583231',
};
const AZURE = {
  TF_BUILD: 'True',
  BUILD_REPOSITORY_URI: 'https://acme@dev.azure.com/acme/shop/_git/deploy',
  BUILD_SOURCEBRANCH: 'refs/heads/main',
  BUILD_SOURCEVERSION: 'c'.repeat(40),
  BUILD_REQUESTEDFOR: 'Jane Doe',
  BUILD_REQUESTEDFOREMAIL: 'jane@example.com',
};
const BITBUCKET = {
  BITBUCKET_BUILD_NUMBER: '9',
  BITBUCKET_GIT_HTTP_ORIGIN: 'http://bitbucket.org/acme/shop',
  BITBUCKET_BRANCH: 'main',
  BITBUCKET_COMMIT: 'd'.repeat(40),
};
const JENKINS = {
  JENKINS_URL: 'https://jenkins.example.com/',
  GIT_URL: 'https://token@github.com/acme/shop.git',
  GIT_BRANCH: 'origin/main',
  GIT_COMMIT: 'e'.repeat(40),
};
const JANE = { name: 'Jane Doe', email: 'jane@example.com' };

describe('the CI that runs this is', () => {
  for (const [what, env, expected] of [
    ['none without its variables', { CI: 'true', HOME: '/root' }, undefined],
    [
      'GitLab',
      GITLAB,
      {
        kind: 'gitlab',
        repoURL: 'https://gitlab.example.com/acme/shop.git',
        branch: 'main',
        commit: 'a'.repeat(40),
        order: { scope: 'gitlab-iid:gitlab.example.com/42', number: 17 },
        author: JANE,
      },
    ],
    [
      'GitHub',
      GITHUB,
      {
        kind: 'github',
        repoURL: 'https://github.com/acme/shop.git',
        branch: 'feature/x',
        commit: 'b'.repeat(40),
        order: { scope: 'github-run:github.com/1296269/.github/workflows/deploy.yml', number: 5 },
        author: { name: 'octocat', email: '583231+octocat@users.noreply.github.com' },
      },
    ],
    [
      'Azure Pipelines',
      AZURE,
      {
        kind: 'azure',
        repoURL: 'https://dev.azure.com/acme/shop/_git/deploy',
        branch: 'main',
        commit: 'c'.repeat(40),
        order: undefined,
        author: JANE,
      },
    ],
    [
      'Bitbucket Pipelines',
      BITBUCKET,
      {
        kind: 'bitbucket',
        repoURL: 'http://bitbucket.org/acme/shop',
        branch: 'main',
        commit: 'd'.repeat(40),
        order: undefined,
        author: undefined,
      },
    ],
    [
      'Jenkins',
      JENKINS,
      {
        kind: 'jenkins',
        repoURL: 'https://github.com/acme/shop.git',
        branch: 'main',
        commit: 'e'.repeat(40),
        order: undefined,
        author: undefined,
      },
    ],
  ] as const) {
    test(what, () => expect(readCiEnvironment(env)).toEqual(expected));
  }
});

describe('what a variable may lack', () => {
  for (const [why, env, expected] of [
    ['a pipeline of a merge request has no branch', { ...GITLAB, CI_COMMIT_BRANCH: '' }, { branch: undefined }],
    ['no order without a project', { ...GITLAB, CI_PROJECT_ID: undefined }, { order: undefined }],
    ['no order from what is no number', { ...GITLAB, CI_PIPELINE_IID: '17a' }, { order: undefined }],
    ['nobody without an address', { ...GITLAB, GITLAB_USER_EMAIL: '' }, { author: undefined }],
    ['a pull request is no branch', { ...GITHUB, GITHUB_REF: 'refs/pull/7/merge' }, { branch: undefined }],
    ['a tag is no branch', { ...GITHUB, GITHUB_REF: 'refs/tags/v1' }, { branch: undefined }],
    [
      'the workflow has only a name, and no ids',
      { ...GITHUB, GITHUB_WORKFLOW_REF: '', GITHUB_REPOSITORY_ID: '', GITHUB_ACTOR_ID: '' },
      {
        order: { scope: 'github-run:github.com/acme/shop/Deploy', number: 5 },
        author: { name: 'octocat', email: 'octocat@users.noreply.github.com' },
      },
    ],
    [
      'a workflow of another repository keeps its name',
      { ...GITHUB, GITHUB_WORKFLOW_REF: 'acme/ci/.github/workflows/w.yml@v1' },
      { order: { scope: 'github-run:github.com/1296269/acme/ci/.github/workflows/w.yml', number: 5 } },
    ],
    ['a pull request of Azure', { ...AZURE, BUILD_SOURCEBRANCH: 'refs/pull/1/merge' }, { branch: undefined }],
    ['a pull request of Bitbucket', { ...BITBUCKET, BITBUCKET_PR_ID: '1' }, { branch: undefined }],
    ['a pull request of Jenkins', { ...JENKINS, CHANGE_ID: '1', BRANCH_NAME: 'PR-1' }, { branch: undefined }],
    ['a multibranch job names its branch', { ...JENKINS, BRANCH_NAME: 'origin/odd' }, { branch: 'origin/odd' }],
  ] as const) {
    test(why, () => expect(readCiEnvironment(env)).toMatchObject(expected));
  }
});

describe('one repository', () => {
  for (const [one, other, expected] of [
    ['https://gitlab.example.com/acme/shop.git', 'git@gitlab.example.com:acme/shop.git', true],
    ['https://gitlab.example.com/acme/shop', 'ssh://git@gitlab.example.com:2222/Acme/shop.git/', true],
    ['https://user:secret@github.com/acme/shop', 'http://github.com/acme/shop', true],
    ['https://dev.azure.com/acme/shop/_git/deploy', 'git@ssh.dev.azure.com:v3/acme/shop/deploy', true],
    ['https://github.com/acme/shop', 'https://github.com/acme/web', false],
    ['https://github.com/acme/shop', 'https://gitlab.com/acme/shop', false],
    ['/srv/git/shop.git', '/srv/git/shop', true],
    ['/srv/git/shop.git', '/srv/git/web.git', false],
  ] as const) {
    test(`${one} ${expected ? 'is' : 'is not'} ${other}`, () => expect(isSameRepository(one, other)).toBe(expected));
  }
});

describe('a commit starts no pipeline', () => {
  for (const [kind, env, words] of [
    ['GitLab', GITLAB, '[skip ci]'],
    ['GitHub', GITHUB, '[skip ci]'],
    ['Bitbucket', BITBUCKET, '[skip ci]'],
    ['Azure', AZURE, '***NO_CI***'],
    ['Jenkins', JENKINS, '[ci skip]'],
  ] as const) {
    test(`of ${kind} with ${words}`, () =>
      expect(skipCiWords(readCiEnvironment(env), 'https://git.example.com/a')).toBe(words));
  }

  for (const [repoURL, words] of [
    ['https://dev.azure.com/acme/shop/_git/deploy', '***NO_CI***'],
    ['git@ssh.dev.azure.com:v3/acme/shop/deploy', '***NO_CI***'],
    ['https://acme.visualstudio.com/shop/_git/deploy', '***NO_CI***'],
    ['https://github.com/dev.azure.com-not/x', '[skip ci]'],
  ] as const) {
    test(`by hand at ${repoURL} with ${words}`, () => expect(skipCiWords(undefined, repoURL)).toBe(words));
  }

  for (const [why, env, where, expected] of [
    ['its own branch', GITLAB, ['git@gitlab.example.com:acme/shop.git', 'main'], true],
    ['another branch of its own', GITLAB, ['https://gitlab.example.com/acme/shop.git', 'prod'], false],
    ['another repository', GITLAB, ['https://gitlab.example.com/acme/deploy.git', 'main'], false],
    ['a pull request', { ...GITLAB, CI_COMMIT_BRANCH: '' }, ['https://gitlab.example.com/acme/shop.git', ''], false],
  ] as const) {
    test(`by itself in ${why}: ${expected}`, () => {
      expect(startsItself(readCiEnvironment(env), { repoURL: where[0], branch: where[1] })).toBe(expected);
    });
  }
});
