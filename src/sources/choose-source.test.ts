import { describe, expect, test } from 'vitest';
import { memoryTree } from '../../test/support/memory-tree.ts';
import type { Application, Source, SourceType } from '../core/applications/application.ts';
import type { TargetSetting, WriteBack } from '../core/tracked-image.ts';
import { chooseSource } from './choose-source.ts';

function source(path: string, more: Partial<Source> = {}): Source {
  return { repoURL: 'https://git.example.com/r', targetRevision: '', path, plugin: false, directory: false, ...more };
}

const { path: _, ...PATHLESS } = source('');
const CHART: Source = { ...PATHLESS, repoURL: 'https://charts.example.com', chart: 'shop', targetRevision: '1.*' };
const REF: Source = { ...PATHLESS, ref: 'cfg' };
const HELM = { helm: { parameters: [], valueFiles: [] } };
const KUSTOMIZE = { kustomize: { images: [] } };

const TREE = memoryTree({
  'chart/Chart.yaml': '',
  'overlay/kustomization.yaml': '',
  'overlay2/kustomization.yaml': '',
  'plain/a.yaml': '',
});

function application(sources: readonly Source[], sourceTypes: readonly SourceType[] = []): Application {
  return {
    namespace: 'argocd',
    name: 'shop',
    project: 'default',
    labels: {},
    annotations: {},
    sources,
    multiSource: sources.length > 1,
    status: { sourceTypes, images: [] },
  };
}

interface Case {
  readonly why: string;
  readonly sources: readonly Source[];
  readonly types?: readonly SourceType[];
  readonly target: TargetSetting['kind'];
  readonly path?: string;
  readonly repoURL?: string;
  /** What an annotation says. */
  readonly named?: string;
  /** For an image with a plugin's variables. */
  readonly plugin?: boolean;
  readonly expected: string;
  /** How many trees had to be opened; 0 where nothing is said. */
  readonly opened?: number;
}

const CASES: readonly Case[] = [
  {
    why: 'found in the tree',
    sources: [source('overlay')],
    target: 'argocd-source',
    expected: 'overlay Kustomize',
    opened: 1,
  },
  { why: 'found in the tree', sources: [source('chart')], target: 'argocd-source', expected: 'chart Helm', opened: 1 },
  { why: 'told by the status', sources: [source('x')], types: ['Helm'], target: 'argocd-source', expected: 'x Helm' },
  {
    why: 'told by its block',
    sources: [source('x', KUSTOMIZE)],
    types: ['Helm'],
    target: 'argocd-source',
    expected: 'x Kustomize',
  },
  {
    why: 'a plugin takes Helm parameters',
    sources: [source('x', { plugin: true })],
    target: 'argocd-source',
    expected: 'x Helm',
  },
  {
    why: 'nothing reads an override',
    sources: [source('plain')],
    target: 'argocd-source',
    expected: 'SOURCE_UNSUPPORTED',
    opened: 1,
  },
  {
    why: 'the target decides',
    sources: [source('plain')],
    target: 'kustomization',
    expected: 'plain Kustomize',
    opened: 1,
  },
  { why: 'the target decides', sources: [source('x')], types: ['Plugin'], target: 'helmvalues', expected: 'x Helm' },
  { why: 'nothing can be written', sources: [CHART], target: 'helmvalues', expected: 'SOURCE_UNSUPPORTED' },
  { why: 'written elsewhere', sources: [CHART], target: 'helmvalues', repoURL: 'https://x', expected: 'shop Helm' },
  {
    why: 'no override in a chart',
    sources: [CHART],
    target: 'argocd-source',
    repoURL: 'https://x',
    expected: 'SOURCE_UNSUPPORTED',
  },
  { why: 'the block fits', sources: [source('plain'), source('b', HELM)], target: 'helmvalues', expected: 'b Helm' },
  {
    why: 'a block beats what the tree tells',
    sources: [source('overlay'), source('b', KUSTOMIZE)],
    target: 'kustomization',
    expected: 'b Kustomize',
  },
  {
    why: 'the status fits',
    sources: [source('a'), source('b')],
    types: ['Directory', 'Kustomize'],
    target: 'argocd-source',
    expected: 'b Kustomize',
  },
  {
    why: 'a status of another length does not count',
    sources: [source('plain'), source('overlay')],
    types: ['Kustomize'],
    target: 'kustomization',
    expected: 'overlay Kustomize',
    opened: 2,
  },
  {
    why: 'a chart with values from Git',
    sources: [CHART, REF],
    target: 'helmvalues',
    repoURL: 'https://x',
    expected: 'shop Helm',
  },
  {
    why: 'ref alone renders nothing',
    sources: [REF, source('overlay')],
    target: 'argocd-source',
    expected: 'overlay Kustomize',
    opened: 1,
  },
  {
    why: 'two fit',
    sources: [source('overlay'), source('overlay2')],
    target: 'kustomization',
    expected: 'SOURCE_AMBIGUOUS',
    opened: 2,
  },
  {
    why: 'two blocks fit',
    sources: [source('a', HELM), source('b', KUSTOMIZE)],
    target: 'argocd-source',
    expected: 'SOURCE_AMBIGUOUS',
  },
  {
    why: 'the target tells two tools apart',
    sources: [source('a', HELM), source('b', KUSTOMIZE)],
    target: 'kustomization',
    expected: 'b Kustomize',
  },
  {
    why: 'none fits',
    sources: [source('plain'), source('chart')],
    target: 'kustomization',
    expected: 'SOURCE_UNSUPPORTED',
    opened: 2,
  },
  {
    why: 'the path tells',
    sources: [source('a', KUSTOMIZE), source('b', KUSTOMIZE)],
    target: 'kustomization',
    path: '/b',
    expected: 'b Kustomize',
  },
  {
    why: 'the path tells',
    sources: [source('a', HELM), source('b', HELM)],
    target: 'helmvalues',
    path: '/a/env/prod.yaml',
    expected: 'a Helm',
  },
  {
    why: 'a relative path does not tell',
    sources: [source('a', HELM), source('b', HELM)],
    target: 'helmvalues',
    path: 'a/v.yaml',
    expected: 'SOURCE_AMBIGUOUS',
  },
  {
    why: 'the path lies in none',
    sources: [source('a', HELM), source('ab', HELM)],
    target: 'helmvalues',
    path: '/abc/v.yaml',
    expected: 'SOURCE_AMBIGUOUS',
  },
  {
    why: 'an annotation names one of two by its name',
    sources: [source('a', { ...HELM, name: 'web' }), source('b', { ...HELM, name: 'db' })],
    target: 'argocd-source',
    named: 'db',
    expected: 'b Helm',
  },
  {
    why: 'an annotation names one of two by its index',
    sources: [source('a', KUSTOMIZE), source('b', KUSTOMIZE)],
    target: 'kustomization',
    named: '1',
    expected: 'b Kustomize',
  },
  {
    why: 'a name that looks like an index is a name',
    sources: [source('a', { ...HELM, name: '1' }), source('b', HELM)],
    target: 'argocd-source',
    named: '1',
    expected: 'a Helm',
  },
  {
    why: 'an annotation names none of them',
    sources: [source('a', HELM), source('b', HELM)],
    target: 'argocd-source',
    named: '2',
    expected: 'SOURCE_AMBIGUOUS',
  },
  {
    why: 'the one that is named does not fit',
    sources: [source('a', HELM), source('plain')],
    types: ['Helm', 'Directory'],
    target: 'argocd-source',
    named: '1',
    expected: 'SOURCE_UNSUPPORTED',
  },
  {
    why: 'variables are for a plugin',
    sources: [source('a', HELM), source('b', { plugin: true })],
    target: 'argocd-source',
    plugin: true,
    expected: 'b Plugin',
  },
  { why: 'the Application of a chart can be written', sources: [CHART], target: 'application', expected: 'shop Helm' },
  {
    why: 'told by the status, without a look at Git',
    sources: [source('x')],
    types: ['Kustomize'],
    target: 'application',
    expected: 'x Kustomize',
  },
  {
    why: 'a plugin has no Helm parameters',
    sources: [source('x', { plugin: true })],
    target: 'application',
    expected: 'SOURCE_UNSUPPORTED',
  },
  {
    why: 'manifests alone have no place for a version in the Application',
    sources: [source('x')],
    types: ['Directory'],
    target: 'application',
    expected: 'SOURCE_UNSUPPORTED',
  },
  {
    why: 'two fit, and nothing tells',
    sources: [source('a', HELM), source('b', HELM)],
    target: 'application',
    expected: 'SOURCE_AMBIGUOUS',
  },
  {
    why: 'variables are for no other tool',
    sources: [source('a', HELM)],
    target: 'argocd-source',
    plugin: true,
    expected: 'SOURCE_UNSUPPORTED',
  },
];

function settingOf(kind: TargetSetting['kind'], path: string | undefined): TargetSetting {
  return kind === 'argocd-source' || path === undefined ? { kind } : { kind, path };
}

describe('chooseSource', () => {
  for (const { why, sources, types, target, path, repoURL, named, plugin, expected, opened = 0 } of CASES) {
    const all = sources.map(({ path, chart }) => path ?? chart ?? 'ref').join(' + ');
    test(`${target}${path ?? ''} of ${all} is ${expected}: ${why}`, async () => {
      const writeBack: WriteBack = { method: 'git', target: settingOf(target, path), ...(repoURL ? { repoURL } : {}) };
      let count = 0;
      const chooser = {
        application: application(sources, types),
        writeBack,
        keys: plugin ? { pluginSpec: 'IMAGE' } : {},
        ...(named === undefined ? {} : { source: named }),
      };
      const choice = await chooseSource(chooser, async () => {
        count += 1;
        return TREE;
      });
      const got = choice.ok ? `${choice.source.path ?? choice.source.chart} ${choice.tool}` : choice.problem.code;
      expect(got).toBe(expected);
      expect(count).toBe(opened);
    });
  }
});
