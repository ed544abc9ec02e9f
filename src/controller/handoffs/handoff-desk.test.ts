import { describe, expect, onTestFinished, test } from 'vitest';
import { known } from '../../../test/policy.ts';
import { targetImage } from '../../../test/support/target-images.ts';
import { trackedImage } from '../../../test/support/tracked.ts';
import { parseLabelSelector } from '../../core/applications/label-selector.ts';
import { parseGoGlob } from '../../core/deciding/go-glob.ts';
import type { HandoffTarget, StandingTarget } from '../../core/handoff/operation.ts';
import type { HandoffRule } from '../../core/handoff/rules.ts';
import { parseDigest, parseImageReference, parseTag } from '../../core/reference.ts';
import type { TrackedImage } from '../../core/tracked-image.ts';
import type { HandoffRequest } from '../../ports/handoffs.ts';
import { openMemoryStore } from '../../store/open-store.ts';
import { type Follow, openHandoffDesk } from './handoff-desk.ts';

const SIGNAL = new AbortController().signal;
const DIGEST = known(parseDigest(`sha256:${'a'.repeat(64)}`));

function tracked(application: string, image: string, labels: Readonly<Record<string, string>> = {}): TrackedImage {
  const one = trackedImage(application, image.replace(/.*\//, ''), targetImage(image));
  return { ...one, application: { ...one.application, labels } };
}

const RULE: HandoffRule = {
  ...{ issuer: 'https://gitlab.com', claims: {}, pullRequests: false, bodyOrder: false, labels: [] },
  names: [known(parseGoGlob('argocd/shop-*'))],
};

async function openLab(images: readonly TrackedImage[], follow?: Follow) {
  const store = openMemoryStore();
  onTestFinished(() => store[Symbol.asyncDispose]());
  await store.handoffs.begin(0);
  const asked: string[] = [];
  const desk = openHandoffDesk({
    store: store.handoffs,
    survey: async () => ({
      configuration: {
        ...{ failures: [], warnings: [] },
        configured: [{ images, failedImages: [], failures: [], warnings: [] }],
      },
    }),
    ask: (targets: readonly HandoffTarget[]) => asked.push(...targets.map(({ application }) => application)),
    follow,
    now: () => 5_000,
  });
  let posted = 0;
  return {
    desk,
    store,
    asked,
    async submit(texts: readonly string[], more: Partial<HandoffRequest> = {}) {
      const id = `id-${posted++}`;
      const answer = await desk.submit(
        {
          ...{ id, token: id, body: id, secret: id, issuedMs: 1_000, expiresMs: 9_000, project: 'p' },
          grant: { rules: [RULE], order: undefined },
          images: texts.map((text) => {
            const { registry, repository } = known(parseImageReference(text));
            return { image: { registry, repository }, tag: known(parseTag('1.1')), digest: DIGEST };
          }),
          ...{ applications: undefined, labels: [] },
          ...more,
        },
        SIGNAL,
      );
      const targets = (await store.handoffs.find(id))?.targets ?? [];
      return [answer.kind, ...targets.map(({ application, alias }) => `${application} ${alias}`)];
    },
  };
}

describe('a hand-off is about', () => {
  const IMAGES = [
    tracked('shop-a', 'acme/web', { stage: 'test' }),
    tracked('shop-a', 'acme/api', { stage: 'test' }),
    tracked('shop-b', 'acme/web', { stage: 'prod' }),
    tracked('blog', 'acme/web'),
  ];
  for (const [why, texts, more, expected] of [
    ['every image that the rules name', ['acme/web'], {}, ['accepted', 'argocd/shop-a web', 'argocd/shop-b web']],
    [
      'several images',
      ['acme/web', 'acme/api'],
      {},
      ['accepted', 'argocd/shop-a api', 'argocd/shop-a web', 'argocd/shop-b web'],
    ],
    ['one Application by name', ['acme/web'], { applications: ['shop-b'] }, ['accepted', 'argocd/shop-b web']],
    ['one with its namespace', ['acme/web'], { applications: ['argocd/shop-b'] }, ['accepted', 'argocd/shop-b web']],
    [
      'those of a selector',
      ['acme/web'],
      { labels: known(parseLabelSelector('stage=test')) },
      ['accepted', 'argocd/shop-a web'],
    ],
    ['nothing that no rule names', ['acme/web'], { applications: ['blog'] }, ['forbidden']],
    ['nothing in part', ['acme/web'], { applications: ['shop-a', 'blog'] }, ['forbidden']],
    ['nothing that is not there', ['acme/web'], { applications: ['shop-c'] }, ['forbidden']],
    ['no image that nothing uses', ['acme/web', 'acme/other'], {}, ['forbidden']],
    ['no image that another Application uses', ['acme/api'], { applications: ['shop-b'] }, ['forbidden']],
    ['nothing without a rule', ['acme/web'], { grant: { rules: [], order: undefined } }, ['forbidden']],
  ] as const) {
    test(why, async () => {
      const { submit, asked } = await openLab(IMAGES);
      expect(await submit(texts, more)).toEqual(expected);
      expect(new Set(asked)).toEqual(new Set(expected.slice(1).map((one) => one.split(' ')[0])));
    });
  }

  test('no more than a thousand', async () => {
    const { submit } = await openLab(Array.from({ length: 1_001 }, (_, index) => tracked(`shop-${index}`, 'acme/web')));
    expect(await submit(['acme/web'])).toEqual(['too-many']);
  });
});

test('what has ended is written down, and what goes on is not', async () => {
  let state: StandingTarget['state'] = 'synced';
  const follow: Follow = async (targets) =>
    targets.map((one) => (one.state === 'committed' ? { ...one, state, health: 'Healthy' } : { ...one, health: null }));
  const { desk, store, submit } = await openLab([tracked('shop-a', 'acme/web')], follow);
  await submit(['acme/web']);
  const [target] = (await store.handoffs.find('id-0'))?.targets ?? [];
  if (!target) throw new Error('nothing was kept');
  await store.handoffs.settle([{ ...target, state: 'committed', handoff: 'id-0', written: undefined }], 6_000);
  const find = (id: string) => desk.find(id, () => true, SIGNAL);
  expect(await find('id-0')).toMatchObject({ isFinal: false, targets: [{ state: 'synced' }] });
  expect((await store.handoffs.find('id-0'))?.targets).toMatchObject([{ state: 'committed' }]);
  state = 'healthy';
  expect(await find('id-0')).toMatchObject({ isFinal: true, targets: [{ state: 'healthy' }] });
  state = 'failed';
  expect(await find('id-0')).toMatchObject({ isFinal: true, targets: [{ state: 'healthy' }] });
  expect(await find('id-1')).toBeUndefined();
});

test('nothing is asked about the hand-off of somebody else', async () => {
  let follows = 0;
  const follow: Follow = async (targets) => {
    follows += 1;
    return targets.map((one) => ({ ...one, health: null }));
  };
  const { desk, submit } = await openLab([tracked('shop-a', 'acme/web')], follow);
  await submit(['acme/web']);
  const isOwn = (secret: string) => (handoff: { readonly secret: string }) => handoff.secret === secret;
  expect([await desk.find('id-0', isOwn('guessed'), SIGNAL), follows]).toEqual([undefined, 0]);
  expect(await desk.find('id-0', isOwn('id-0'), SIGNAL)).toMatchObject({ id: 'id-0' });
  expect(follows).toBe(1);
});
