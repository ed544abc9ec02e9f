import { describe, expect, test } from 'vitest';
import { targetImage } from '../../test/support/target-images.ts';
import { trackedImage } from '../../test/support/tracked.ts';
import type { TagSource } from '../ports/tag-source.ts';
import { judgeImages } from './judge-images.ts';

const RUNNING = 'registry.example/acme/web:1.0';
const SIGNAL = new AbortController().signal;
/** Neither branches nor tags are asked for anything else. */
const unasked = () => Promise.reject(new Error('nobody should ask'));
const GIT = { open: unasked, push: unasked, credentialName: () => '' };

/** Images that their Applications state themselves, and a registry that answers a moment later. */
function openLab(count: number) {
  const image = targetImage('registry.example/acme/web');
  const source = { ...image.source, kustomize: { images: [RUNNING] } };
  const tracked = Array.from({ length: count }, (_, nth) => {
    const one = trackedImage(`app-${nth}`, 'web', { ...image, source });
    const status = { sourceTypes: ['Kustomize'] as const, images: [RUNNING] };
    const writeBack = { method: 'argocd', target: { kind: 'application' } } as const;
    return { ...one, application: { ...one.application, status }, writeBack };
  });
  let asking = 0;
  let most = 0;
  const scan: TagSource = {
    async list() {
      asking += 1;
      most = Math.max(most, asking);
      await new Promise(setImmediate);
      asking -= 1;
      return { tags: ['1.0', '1.1'] };
    },
    tagOrder: () => undefined,
    describe: unasked,
    labels: unasked,
    remarks: async () => ({
      firstSeen: { firstScanMs: 0, later: new Map(), digests: new Map() },
      nowMs: 0,
      remarks: [],
    }),
  };
  const judge = (keepsVerdicts: boolean) =>
    judgeImages(tracked, { git: GIT, kinds: [], argocdNamespace: 'argocd', keepsVerdicts }, scan, SIGNAL);
  return { tracked, judge, most: () => most };
}

describe('judgeImages', () => {
  test('judges all images, in their order, and a thousand of them at a time', async () => {
    const { tracked, judge, most } = openLab(2_500);
    const { located, decided } = await judge(true);
    expect(decided.images.map((image) => image.tracked)).toEqual(tracked);
    expect(decided.images.every(({ decision }) => decision.outcome === 'update')).toBe(true);
    expect([...located.failed, ...decided.failed]).toEqual([]);
    expect(most()).toBe(1_000);
  });

  test('keeps what was said of every candidate only for who asks', async () => {
    const candidatesOf = async (keepsVerdicts: boolean) => {
      const { decided } = await openLab(1).judge(keepsVerdicts);
      return decided.images.map(({ decision }) => decision.candidates.map(({ tag }) => tag));
    };
    expect(await candidatesOf(true)).toEqual([['1.0', '1.1']]);
    expect(await candidatesOf(false)).toEqual([[]]);
  });
});
