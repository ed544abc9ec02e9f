import { describe, expect, test } from 'vitest';
import { fileTreeOf } from '../../../test/support/file-tree.ts';
import { readEnvironment } from './read-environment.ts';

const pod = (image: string) => `apiVersion: v1\nkind: Pod\nspec: {containers: [{image: "${image}"}]}\n`;
const kustomization = (lines: string) => `apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\n${lines}\n`;
const application = (spec: string, status = '{}') =>
  `apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: shop}\nspec: {source: ${spec}}\nstatus: ${status}\n`;

async function imagesOf(files: Readonly<Record<string, string>>, path: string) {
  const { images } = await readEnvironment(path, fileTreeOf(files));
  return images.map(({ name, image }) => `${name} ${image}`);
}

describe('the images of an environment', () => {
  for (const [what, files, path, expected] of [
    [
      'a kustomization, over its bases',
      {
        'base/kustomization.yaml': kustomization('resources: [pod.yaml]'),
        'base/pod.yaml': `${pod('acme/web:1')}---\n${pod('acme/api:1')}`,
        'envs/prod/kustomization.yaml': kustomization(
          'resources: [../../base]\nimages: [{name: acme/web, newName: ghcr.io/web, newTag: v2}]',
        ),
      },
      'envs/prod',
      ['acme/web ghcr.io/web:v2', 'acme/api acme/api:1'],
    ],
    [
      'a kustomization whose base is elsewhere',
      {
        'prod/kustomization.yaml': kustomization(
          'resources: [https://example.com/base]\nimages: [{name: acme/web, newTag: v2}]',
        ),
      },
      'prod/kustomization.yaml',
      ['acme/web acme/web:v2'],
    ],
    [
      'manifests',
      {
        'k8s/a.yaml': pod('web:1'),
        'k8s/b.json': JSON.stringify({
          apiVersion: 'v1',
          kind: 'List',
          items: [{ kind: 'Pod', spec: { containers: [{ image: 'api:1' }] } }],
        }),
      },
      'k8s',
      ['web web:1', 'api api:1'],
    ],
    [
      'Helm values',
      { 'values.yaml': 'image: {repository: web, tag: 1.10}\nport: 80\n' },
      'values.yaml',
      ['image.repository web', 'image.tag 1.10'],
    ],
    [
      'a chart',
      { 'c/Chart.yaml': 'apiVersion: v2\nname: c\n', 'c/values.yaml': 'tag: a\n', 'c/values-prod.yaml': 'tag: b\n' },
      'c',
      ['values-prod tag b', 'tag a'],
    ],
    [
      'an Application: its overrides and what else it runs',
      {
        'app.yaml': application(
          '{repoURL: r, path: a, kustomize: {images: ["web=ghcr.io/web:2"]}}',
          '{summary: {images: ["ghcr.io/web:1", "api:1"]}}',
        ),
      },
      'app.yaml',
      ['web ghcr.io/web:2', 'api api:1'],
    ],
    [
      'an Application: its parameters over its values',
      {
        'app.yaml': application(
          '{repoURL: r, path: a, helm: {parameters: [{name: image.tag, value: p}, {name: replicas, value: "2"}], values: "image: {tag: v}\\njob: {image: {tag: j}}"}}',
        ),
      },
      'app.yaml',
      ['image.tag p', 'job.image.tag j'],
    ],
  ] as const) {
    test(what, async () => expect(await imagesOf(files, path)).toEqual(expected));
  }

  test('none is an error', async () => {
    await expect(imagesOf({ 'a/b.yaml': 'kind: x\n' }, 'a')).rejects.toMatchObject({
      code: 'IMAGE_NOT_FOUND',
      object: 'a',
    });
    await expect(imagesOf({ 'a/b.yaml': '' }, 'c')).rejects.toMatchObject({ code: 'TARGET_NOT_FOUND' });
  });
});
