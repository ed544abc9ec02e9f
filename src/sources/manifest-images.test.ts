import { describe, expect, test } from 'vitest';
import { memoryTree } from '../../test/support/memory-tree.ts';
import type { DirectoryBlock } from '../core/applications/application.ts';
import { Failure } from '../core/failure.ts';
import { formatReference } from '../core/reference.ts';
import type { Tree } from '../ports/git.ts';
import { readManifestImages } from './manifest-images.ts';

function deployment(...images: readonly string[]): string {
  const containers = images.map((image, index) => `        - {name: c${index}, image: "${image}"}`).join('\n');
  return `apiVersion: apps/v1\nkind: Deployment\nspec:\n  template:\n    spec:\n      containers:\n${containers}\n`;
}

async function kustomize(files: Readonly<Record<string, string>>, path = 'app') {
  return summary(await readManifestImages(memoryTree(files), path, 'Kustomize'));
}

async function directory(files: Readonly<Record<string, string>>, block: DirectoryBlock | false = false, path = 'app') {
  return summary(await readManifestImages(memoryTree(files), path, 'Directory', block));
}

function summary({ images, unread }: Awaited<ReturnType<typeof readManifestImages>>) {
  return { images: images.map(({ reference, written }) => `${written} -> ${formatReference(reference)}`), unread };
}

describe('a directory', () => {
  test('every kind with containers counts, at whatever depth', async () => {
    const cronJob = `kind: CronJob
spec: {jobTemplate: {spec: {template: {spec: {
  initContainers: [{image: "a:1"}], containers: [{image: "b:2"}], ephemeralContainers: [{image: "c:3"}]}}}}}
---
kind: Rollout
spec: {template: {spec: {containers: [{image: "d:1.10"}]}}}
---
kind: ConfigMap
data: {image: "not:this"}
`;
    expect((await directory({ 'app/a.yaml': cronJob })).images).toEqual([
      'a -> a:1',
      'b -> b:2',
      'c -> c:3',
      'd -> d:1.10',
    ]);
  });

  test('names are kept as they are written', async () => {
    const used = await directory({ 'app/a.yaml': deployment('docker.io/library/nginx:1.25', 'reg.io:5000/x/y') });
    expect(used.images).toEqual([
      'docker.io/library/nginx -> docker.io/nginx:1.25',
      'reg.io:5000/x/y -> reg.io:5000/x/y',
    ]);
  });

  const files = {
    'app/a.yaml': deployment('a:1'),
    'app/j.json': JSON.stringify({ spec: { containers: [{ image: 'j:1' }] } }),
    'app/sub/b.yaml': deployment('b:1'),
    'app/README.md': deployment('readme:1'),
    'app/skipped.yaml': `# +argocd:skip-file-rendering\n${deployment('skipped:1')}`,
    'application/c.yaml': deployment('c:1'),
    'top.yaml': deployment('top:1'),
  };
  for (const [what, block, path, expected] of [
    ['the top level only', false, 'app', ['a', 'j']],
    ['all levels with recurse', { recurse: true }, 'app', ['a', 'j', 'b']],
    ['less with exclude', { recurse: true, exclude: 'sub/*' }, 'app', ['a', 'j']],
    ['only include', { recurse: true, include: '{a.yaml,sub/*.yaml}' }, 'app', ['a', 'b']],
    ['the root', false, '', ['top']],
  ] as const) {
    test(`reads ${what}`, async () => {
      const used = await directory(files, block, path);
      expect(used).toEqual({ images: expected.map((name) => `${name} -> ${name}:1`), unread: [] });
    });
  }

  test('what cannot be read is named, and the rest counts', async () => {
    const used = await directory({
      'app/a.yaml': deployment('a:1'),
      'app/b.yaml': 'image: [\n',
      'app/c.jsonnet': '{}',
      'app/d.yaml': deployment('{{ .Values.image }}', '$(IMAGE)'),
    });
    expect(used.images).toEqual(['a -> a:1']);
    expect(used.unread).toEqual([expect.stringContaining('app/b.yaml, line 2'), 'app/c.jsonnet']);
  });

  test('a folder that is not there', async () => {
    expect(await directory({ 'other/a.yaml': '' })).toEqual({ images: [], unread: ['app is not in the repository'] });
  });
});

describe('a kustomization', () => {
  test('an overlay over a base: resources, bases, components and images, each where kustomize applies it', async () => {
    const used = await kustomize({
      'app/kustomization.yaml': `
resources: [../base, extra.yaml]
components: [../component]
images:
- {name: reg.io/web, newTag: 1.10}
- {name: comp, newTag: "5"}
`,
      'app/extra.yaml': deployment('extra:1'),
      'base/kustomization.yml': 'bases: [deeper]\nimages: [{name: web, newName: reg.io/web, newTag: "1.2"}]\n',
      'base/deeper/Kustomization': 'resources: [d.yaml]\n',
      'base/deeper/d.yaml': deployment('web:1.0', 'sidecar:1'),
      'component/kustomization.yaml': 'resources: [c.yaml]\nimages: [{name: extra, newTag: from-component}]\n',
      'component/c.yaml': deployment('comp:1'),
    });
    expect(used).toEqual({
      images: ['web -> reg.io/web:1.10', 'sidecar -> sidecar:1', 'extra -> extra:from-component', 'comp -> comp:5'],
      unread: [],
    });
  });

  test('the root of the repository', async () => {
    const used = await kustomize({ 'kustomization.yaml': 'resources: [d.yaml]\n', 'd.yaml': deployment('a:1') }, '');
    expect(used.images).toEqual(['a -> a:1']);
  });

  test('what comes from elsewhere is named, without credentials', async () => {
    const used = await kustomize({
      'app/kustomization.yaml': `
resources:
- https://user:secret@git.example.com/base?ref=secret
- github.com/acme/base//overlay?ref=v1
- git@git.example.com:acme/base.git
- ../../../outside
- /abs
- missing
helmCharts: [{name: redis}]
`,
    });
    expect(used.images).toEqual([]);
    expect(used.unread).toEqual([
      'helmCharts of app/kustomization.yaml',
      'remote base https://git.example.com/base',
      'remote base github.com/acme/base//overlay',
      'remote base git@git.example.com:acme/base.git',
      '../../../outside, outside of the repository',
      '/abs, outside of the repository',
      'app/missing is not in the repository',
    ]);
  });

  test('a circle ends', async () => {
    const used = await kustomize({
      'app/kustomization.yaml': 'resources: [../b, d.yaml]\ncomponents: [../app]\n',
      'app/d.yaml': deployment('a:1'),
      'b/kustomization.yaml': 'resources: [../app]\n',
    });
    expect(used.images).toEqual(['a -> a:1']);
  });

  test('components that multiply end, and it is said', async () => {
    const files: Record<string, string> = { 'app/kustomization.yaml': 'components: [../c0a, ../c0b]\n' };
    for (let depth = 0; depth < 25; depth++) {
      const next = `components: [../c${depth + 1}a, ../c${depth + 1}b]\n`;
      files[`c${depth}a/kustomization.yaml`] = next;
      files[`c${depth}b/kustomization.yaml`] = next;
    }
    expect((await kustomize(files)).unread).toContain('kustomizations below app that use each other too often');
  });

  test('a chain that is too deep is cut, and it is said', async () => {
    const files: Record<string, string> = { 'app/kustomization.yaml': 'resources: [../b0]\n' };
    for (let depth = 0; depth < 40; depth++) files[`b${depth}/kustomization.yaml`] = `resources: [../b${depth + 1}]\n`;
    expect((await kustomize(files)).unread).toEqual([expect.stringContaining('what else lies that deep')]);
  });

  test('a kustomization that does not parse is named', async () => {
    const used = await kustomize({ 'app/kustomization.yaml': 'resources: [\n' });
    expect(used).toEqual({ images: [], unread: [expect.stringContaining('app/kustomization.yaml, line 2')] });
  });

  test('the files of a level are asked for together', async () => {
    const tree = memoryTree({
      'app/kustomization.yaml': 'resources: [a.yaml, b.yaml, ../base]\n',
      'app/a.yaml': deployment('a:1'),
      'app/b.yaml': deployment('b:1'),
      'base/kustomization.yaml': 'resources: [c.yaml]\n',
      'base/c.yaml': deployment('c:1'),
    });
    await readManifestImages(tree, 'app', 'Kustomize');
    expect(tree.batches).toEqual([
      ['app/kustomization.yaml'],
      ['app/a.yaml', 'app/b.yaml', 'base/kustomization.yaml'],
      ['base/c.yaml'],
    ]);
  });

  test('files behind a symbolic link, which no listing holds, are read', async () => {
    const { paths, ...tree } = memoryTree({
      'app/kustomization.yaml': 'resources: [../link, ../link/one.yaml]\n',
      'link/kustomization.yaml': 'resources: [two.yaml]\n',
      'link/one.yaml': deployment('one:1'),
      'link/two.yaml': deployment('two:1'),
    });
    const used = await readManifestImages({ ...tree, paths: ['app/kustomization.yaml'] }, 'app', 'Kustomize');
    expect(summary(used)).toEqual({ images: ['two -> two:1', 'one -> one:1'], unread: [] });
    expect(paths).toHaveLength(4);
  });
});

describe('a tree that fails', () => {
  function failing(code: 'TARGET_UNREADABLE' | 'GIT_UNREACHABLE'): Tree {
    return {
      ...memoryTree({ 'app/a.yaml': '' }),
      read: () => Promise.reject(new Failure(code, 'too large', { fix: 'none' })),
    };
  }

  test('a file that is too large is named', async () => {
    const used = await readManifestImages(failing('TARGET_UNREADABLE'), 'app', 'Directory');
    expect(used).toEqual({ images: [], unread: ['app/a.yaml: too large'] });
  });

  test('a repository that cannot be reached is a failure', async () => {
    await expect(readManifestImages(failing('GIT_UNREACHABLE'), 'app', 'Directory')).rejects.toThrow(Failure);
  });
});

test('charts and plugins are never rendered, and say so', async () => {
  const tree = memoryTree({ 'app/Chart.yaml': '' });
  expect((await readManifestImages(tree, 'app', 'Helm')).unread).toHaveLength(1);
  expect((await readManifestImages(tree, 'app', 'Plugin')).unread).toHaveLength(1);
});
