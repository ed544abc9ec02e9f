import { describe, expect, test } from 'vitest';
import { memoryTree } from '../../test/support/memory-tree.ts';
import type { Source } from '../core/applications/application.ts';
import { detectSourceType } from './source-type.ts';

const SOURCE: Source = {
  repoURL: 'https://git.example.com/r',
  targetRevision: '',
  path: 'app',
  plugin: false,
  directory: false,
};

describe('detectSourceType', () => {
  for (const [what, source, files, expected] of [
    ['Chart.yaml', {}, ['app/Chart.yaml'], 'Helm'],
    ['kustomization.yaml', {}, ['app/kustomization.yaml'], 'Kustomize'],
    ['kustomization.yml', {}, ['app/kustomization.yml'], 'Kustomize'],
    ['Kustomization', {}, ['app/Kustomization'], 'Kustomize'],
    ['both, where Kustomize wins', {}, ['app/Chart.yaml', 'app/kustomization.yaml'], 'Kustomize'],
    ['neither', {}, ['app/a.yaml', 'app/sub/Chart.yaml', 'Chart.yaml'], 'Directory'],
    ['a chart in the root', { path: '' }, ['Chart.yaml'], 'Helm'],
    [
      'a helm block over a kustomization',
      { helm: { parameters: [], valueFiles: [] } },
      ['app/kustomization.yaml'],
      'Helm',
    ],
    ['a kustomize block', { kustomize: { images: [] } }, [], 'Kustomize'],
    ['a plugin block', { plugin: true }, ['app/Chart.yaml'], 'Plugin'],
    ['a directory block over a chart', { directory: { recurse: true } }, ['app/Chart.yaml'], 'Directory'],
    ['a packed chart', { chart: 'shop' }, [], 'Helm'],
  ] as const) {
    test(`${what} is ${expected}`, () => {
      const tree = memoryTree(Object.fromEntries(files.map((file) => [file, ''])));
      expect(detectSourceType({ ...SOURCE, ...source }, tree)).toBe(expected);
    });
  }
});
