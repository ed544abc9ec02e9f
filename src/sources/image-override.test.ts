import { describe, expect, test } from 'vitest';
import { type ImageOverride, overrideImage, readImageOverrides } from './image-override.ts';

const DIGEST = `sha256:${'ab'.repeat(32)}`;

describe('overrideImage', () => {
  for (const [image, override, expected, why] of [
    ['nginx:1.25', { name: 'nginx', newTag: '1.26' }, 'nginx:1.26', 'a tag replaces the tag'],
    ['nginx', { name: 'nginx', newTag: '1.26' }, 'nginx:1.26', 'a tag is added'],
    [`nginx@${DIGEST}`, { name: 'nginx', newTag: '1.26' }, 'nginx:1.26', 'a tag replaces a digest'],
    ['nginx:1.25', { name: 'nginx', digest: DIGEST }, `nginx@${DIGEST}`, 'a digest replaces a tag'],
    ['nginx:1', { name: 'nginx', newTag: '2', digest: DIGEST }, `nginx:2@${DIGEST}`, 'both are written'],
    ['nginx:1.25', { name: 'nginx', newName: 'reg.io:5000/n' }, 'reg.io:5000/n:1.25', 'a name keeps the version'],
    ['q.io/a/b:1.25', { name: '*', newTag: '2' }, 'q.io/a/b:2', 'a star is every image'],
    ['nginx:1.25', { name: 'nginx', tagSuffix: '-alpine' }, 'nginx:1.25-alpine', 'a suffix is appended'],
    ['reg.io:5000/n:1', { name: 'reg.io:5000/n', newTag: '2' }, 'reg.io:5000/n:2', 'a port is no tag'],
    ['docker.io/nginx:1', { name: 'nginx', newTag: '2' }, 'docker.io/nginx:1', 'names are compared as written'],
    ['nginx-extra:1', { name: 'nginx', newTag: '2' }, 'nginx-extra:1', 'names are compared as a whole'],
    ['nginx:1.25', { name: 'nginx' }, 'nginx:1.25', 'an entry that says nothing changes nothing'],
  ] as const satisfies readonly (readonly [string, ImageOverride, string, string])[]) {
    test(`${image} becomes ${expected}: ${why}`, () => {
      expect(overrideImage(image, override)).toBe(expected);
    });
  }
});

test('entries are read with what they say; those without a name are left out', () => {
  const images = [{ name: 'a', newTag: '1', newName: '' }, { newTag: '2' }, 'text', { name: 'b', digest: DIGEST }];
  expect(readImageOverrides({ images })).toEqual([
    { name: 'a', newTag: '1' },
    { name: 'b', digest: DIGEST },
  ]);
});
