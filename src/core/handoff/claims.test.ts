import { describe, expect, test } from 'vitest';
import { readCiEnvironment } from '../../pipelines/ci/ci-environment.ts';
import { type Claims, isPullRequest, orderInClaims, readClaims } from './claims.ts';

const GITLAB = 'https://gitlab.example.com:8443';
const GITHUB = 'https://token.actions.githubusercontent.com';
const RUN: Claims = {
  repository_id: '1296269',
  repository: 'acme/shop',
  workflow_ref: 'acme/shop/.github/workflows/deploy.yml@refs/heads/main',
  run_number: '5',
};

describe('a build is numbered by', () => {
  for (const [what, kind, issuer, claims, expected] of [
    [
      'GitLab',
      'gitlab',
      GITLAB,
      { project_id: '42', pipeline_id: '1212' },
      ['gitlab-id:gitlab.example.com:8443/42', 1212],
    ],
    ['GitLab, not without the project', 'gitlab', GITLAB, { pipeline_id: '1212' }, undefined],
    ['GitLab, not by what is no number', 'gitlab', GITLAB, { project_id: '42', pipeline_id: '-1' }, undefined],
    ['GitHub', 'github', GITHUB, RUN, ['github-run:github.com/1296269/.github/workflows/deploy.yml', 5]],
    [
      'GitHub, with a host of its own',
      'github',
      'https://token.actions.acme.ghe.com',
      RUN,
      ['github-run:acme.ghe.com/1296269/.github/workflows/deploy.yml', 5],
    ],
    [
      'GitHub Enterprise Server',
      'github',
      'https://git.acme.example/_services/token',
      RUN,
      ['github-run:git.acme.example/1296269/.github/workflows/deploy.yml', 5],
    ],
    ['nobody else', 'generic', GITLAB, { ...RUN, project_id: '42', pipeline_id: '1212' }, undefined],
  ] as const) {
    test(what, () => {
      const order = orderInClaims(kind, issuer, claims);
      expect(order && [order.scope, order.number]).toEqual(expected);
    });
  }

  test("GitHub's token as its variables number it, so that set-image and hand-off can be compared", () => {
    const environment = readCiEnvironment({
      GITHUB_ACTIONS: 'true',
      GITHUB_SERVER_URL: 'https://github.com',
      GITHUB_REPOSITORY: RUN['repository'],
      GITHUB_REPOSITORY_ID: RUN['repository_id'],
      GITHUB_WORKFLOW_REF: RUN['workflow_ref'],
      GITHUB_RUN_NUMBER: RUN['run_number'],
    });
    expect(orderInClaims('github', GITHUB, RUN)).toEqual(environment?.order);
  });
});

describe('a pipeline of a pull request is', () => {
  for (const [kind, claims, expected] of [
    ['gitlab', { pipeline_source: 'merge_request_event' }, true],
    ['gitlab', { pipeline_source: 'external_pull_request_event' }, true],
    ['gitlab', { pipeline_source: 'push' }, false],
    ['github', { event_name: 'pull_request', ref: 'refs/pull/7/merge' }, true],
    ['github', { event_name: 'pull_request_target', ref: 'refs/heads/main' }, true],
    ['github', { event_name: 'pull_request_review' }, true],
    ['github', { event_name: 'merge_group', ref: 'refs/heads/gh-readonly-queue/main/pr-7-0' }, true],
    ['github', { event_name: 'issue_comment', ref: 'refs/pull/7/head' }, true],
    ['github', { event_name: 'push', ref: 'refs/heads/main' }, false],
    ['generic', { event_name: 'pull_request' }, false],
  ] as const) {
    test(`${kind} ${JSON.stringify(claims)}: ${expected}`, () => expect(isPullRequest(kind, claims)).toBe(expected));
  }
});

test('claims that are no single value are left out', () => {
  const given = { a: 'x', b: 1, c: true, d: ['x'], e: { f: 'x' }, g: null };
  expect(readClaims(given)).toEqual({ a: 'x', b: '1', c: 'true' });
});
