import { expect, test } from 'vitest';
import { parseApplication } from './parse-application.ts';
import { parseRollout } from './parse-rollout.ts';

function rolloutOf(status: object) {
  const source = { repoURL: 'https://git.example/shop.git', path: 'web' };
  const object = { metadata: { namespace: 'argocd', name: 'shop' }, spec: { source }, status };
  const read = parseApplication(object, '');
  if (!read.ok) throw new Error(read.problem);
  return parseRollout(object, read.value);
}

const AT = '2026-01-02T03:04:05Z';
const SINCE_MS = Date.parse(AT);

test('a sync that succeeded, images and health', () => {
  const resources = [{ status: 'Synced', images: ['ghcr.io/acme/web:2'] }];
  const operationState = { phase: 'Succeeded', finishedAt: AT, syncResult: { revision: 'abc', resources } };
  const health = { status: 'Healthy', lastTransitionTime: AT };
  const summary = { images: ['ghcr.io/acme/web:1'] };
  expect(rolloutOf({ operationState, health, summary, reconciledAt: AT })).toEqual({
    application: 'argocd/shop',
    sync: { finishedMs: SINCE_MS, revisions: ['abc'] },
    images: ['ghcr.io/acme/web:2', 'ghcr.io/acme/web:1'],
    comparedMs: SINCE_MS,
    healthyMs: SINCE_MS,
  });
});

test('several sources have several revisions', () => {
  const operationState = { phase: 'Succeeded', finishedAt: AT, syncResult: { revisions: ['abc', 'def'] } };
  expect(rolloutOf({ operationState }).sync?.revisions).toEqual(['abc', 'def']);
});

test('what is not over, has failed or is not there counts for nothing', () => {
  const none = { sync: undefined, images: [], comparedMs: undefined, healthyMs: undefined };
  expect(rolloutOf({})).toMatchObject(none);
  expect(rolloutOf({ operationState: { phase: 'Running' }, health: { status: 'Progressing' } })).toMatchObject(none);
  expect(rolloutOf({ operationState: { phase: 'Failed', finishedAt: AT }, reconciledAt: 'x' })).toMatchObject(none);
});

test('an Application that has been healthy for ever, as an older Argo CD tells it', () => {
  expect(rolloutOf({ health: { status: 'Healthy' } }).healthyMs).toBe(0);
});
