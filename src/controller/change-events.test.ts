import { describe, expect, test } from 'vitest';
import { item } from '../../test/support/sample-report.ts';
import type { ItemReport } from '../core/report.ts';
import { changeEvents } from './change-events.ts';

const DIGEST = `sha256:${'a'.repeat(64)}`;
const MOVED = { outcome: 'update', rule: 'newest', to: '1.1.0' } as const;
const REQUEST = {
  ...{ forge: 'gitea', repoURL: 'https://git.example/gitops.git', head: 'tiphys/x', base: 'main', title: 'Update web' },
  ...{ url: 'https://git.example/pulls/7', remarks: [] },
} as const;

describe('one Event for each', () => {
  for (const [what, different, type, reason, message] of [
    ['move', MOVED, 'Normal', 'ImagesUpdated', "Successfully updated application 'shop'"],
    [
      'image that is held',
      { outcome: 'held', rule: 'downgrade', from: '1.1.0', to: '1.0.0', reason: 'it is older' },
      'Normal',
      'ImageUpdateHeld',
      'web: 1.1.0 -> 1.0.0 is held (downgrade): it is older',
    ],
    [
      'image that fails',
      { outcome: 'failed', rule: 'GIT_TIMEOUT', from: null, to: null, reason: 'no answer\u001b[31m\nwithin 30 s' },
      'Warning',
      'ImageUpdateFailed',
      'web: no answer[31m within 30 s (GIT_TIMEOUT)',
    ],
    [
      'image that is proposed',
      { ...MOVED, from: null, pullRequest: { ...REQUEST, state: 'open' } },
      'Normal',
      'ImageUpdateProposed',
      'web: nothing -> 1.1.0 is proposed: https://git.example/pulls/7',
    ],
    ['merge', { ...MOVED, pullRequest: { ...REQUEST, state: 'merged' } }, 'Normal', 'ImagesUpdated', undefined],
  ] as readonly (readonly [string, Partial<ItemReport>, string, string, string | undefined])[]) {
    test(what, () => {
      const object = { namespace: 'argocd', name: 'shop' };
      const said = message === undefined ? {} : { message };
      expect(changeEvents([item(different)])).toMatchObject([{ kind: 'Application', object, type, reason, ...said }]);
    });
  }
});

test('all that was moved in an Application is one Event, with annotations of upstream', () => {
  const api = item({ ...MOVED, alias: 'api', image: 'acme/api', from: '3', to: `3@${DIGEST}` });
  const events = changeEvents([item(MOVED), item({ ...MOVED, application: 'argocd/blog' }), api]);
  expect(events.map(({ object }) => object.name)).toEqual(['shop', 'blog']);
  expect(events[0]?.annotations).toEqual({
    'argocd-image-updater.image-0/full-image-name': 'ghcr.io/acme/web',
    'argocd-image-updater.image-0/image-name': 'acme/web',
    'argocd-image-updater.image-0/old-tag': '1.0.0',
    'argocd-image-updater.image-0/new-tag': '1.1.0',
    'argocd-image-updater.image-1/full-image-name': 'acme/api',
    'argocd-image-updater.image-1/image-name': 'acme/api',
    'argocd-image-updater.image-1/old-tag': '3',
    'argocd-image-updater.image-1/new-tag': DIGEST,
  });
});

test('the Event of however many images is one that the API server takes', () => {
  const [image, to] = [`${'h'.repeat(60)}.example/${'n'.repeat(180)}`, `1.1.0@${DIGEST}`];
  const items = Array.from({ length: 10_000 }, (_, n) => item({ ...MOVED, alias: `a${n}`, image, to }));
  const [event] = changeEvents(items);
  expect(JSON.stringify(event?.annotations).length).toBeLessThan(2 ** 18);
  expect(Object.keys(event?.annotations ?? {})).toHaveLength(800);
});
