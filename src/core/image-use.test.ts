import { describe, expect, test } from 'vitest';
import { targetImage, versionFrom } from '../../test/support/target-images.ts';
import type { Application } from './applications/application.ts';
import { imageUse, type Mention } from './image-use.ts';

const WEB = 'registry.example/acme/web';
const IMAGE = targetImage(WEB);
const OTHER = 'registry.example/acme/db:9';

const VALUES: Mention = { where: 'values.yaml', versions: [versionFrom('1.0')], provesUse: false };
const MANIFEST: Mention = { where: 'cron.yaml', versions: [undefined], provesUse: true };
const SILENT: Mention = { where: 'kustomization.yaml', versions: [], provesUse: true };

describe('whether an image is used', () => {
  for (const [why, status, mentions, expected] of [
    ['Pods run it', { images: [OTHER, `${WEB}:1.0`] }, [], 'used'],
    ['a CronJob: the last sync applied it', { images: [OTHER], appliedImages: [`${WEB}:1.0`] }, [], 'used'],
    ['a manifest names it, though nothing runs yet', { images: [OTHER] }, [MANIFEST], 'used'],
    ['a manifest names it where Argo CD tells nothing', {}, [VALUES, MANIFEST], 'used'],
    ['values that no template asks for', { images: [OTHER] }, [VALUES], 'unused'],
    ['... where only the sync tells of others', { appliedImages: [OTHER] }, [VALUES], 'unused'],
    ['another version, also by digest, is the same image', { images: [`${WEB}@sha256:${'a'.repeat(64)}`] }, [], 'used'],
    ['an image that nobody mentions', { images: [OTHER] }, [SILENT], 'unused'],
    ['values, and Argo CD tells of no image at all', {}, [VALUES], 'unknown'],
    ['values, and the last sync was one in part', { images: [OTHER], appliedInPart: true }, [VALUES], 'unknown'],
    ['nothing at all', {}, [], 'unknown'],
  ] as const satisfies readonly (readonly [string, Partial<Application['status']>, readonly Mention[], string])[]) {
    test(`${why}: ${expected}`, () => {
      const use = imageUse(IMAGE, { sourceTypes: [], images: [], ...status }, mentions);
      expect(use.kind).toBe(expected);
      expect(use.mentions.map(({ where }) => where)).toEqual([
        ...mentions.map(({ where }) => where),
        'status.operationState.syncResult',
        'status.summary.images',
      ]);
    });
  }

  test('the name that a kustomization replaces is the image too', () => {
    const status = { sourceTypes: [], images: ['web:1.0'] };
    const image = targetImage(WEB, { keys: { kustomizeName: 'web' } });
    expect(imageUse(image, status)).toMatchObject({ kind: 'used', mentions: [{}, { usedAs: 'web' }] });
    expect(imageUse(IMAGE, status).kind).toBe('unused');
  });
});
