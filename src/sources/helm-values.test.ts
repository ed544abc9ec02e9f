import { describe, expect, test } from 'vitest';
import { memoryTree } from '../../test/support/memory-tree.ts';
import type { Source } from '../core/applications/application.ts';
import { readHelmValues } from './helm-values.ts';

const REPO = 'https://git.example.com/team/gitops.git';
const TREE = memoryTree({
  'charts/shop/Chart.yaml': '',
  'charts/shop/values.yaml': 'chart',
  'charts/shop/prod.yaml': 'prod',
  'charts/shop/binary.yaml': new Uint8Array([0xff, 0x00]),
  'env/eu.yaml': 'eu',
});

function source(valueFiles: readonly string[], more: Partial<Source> = {}): Source {
  return {
    repoURL: REPO,
    path: 'charts/shop',
    targetRevision: 'main',
    plugin: false,
    directory: false,
    helm: { parameters: [], valueFiles },
    ...more,
  };
}

async function read(from: Source, others: readonly Source[] = [], repoURL = REPO) {
  const { layers, unread } = await readHelmValues({ tree: TREE, repoURL }, from, [from, ...others]);
  return { layers: layers.map(({ file, text }) => `${file}: ${text}`), unread };
}

const CHART = 'charts/shop/values.yaml: chart';

describe('readHelmValues', () => {
  test('the Application over the last file over the first over the chart', async () => {
    const helm = { parameters: [], valueFiles: ['prod.yaml', '/env/eu.yaml', '../../env/eu.yaml'], values: 'inline' };
    expect(await read(source([], { helm }))).toEqual({
      layers: [
        'spec.source.helm.values: inline',
        'env/eu.yaml: eu',
        'env/eu.yaml: eu',
        'charts/shop/prod.yaml: prod',
        CHART,
      ],
      unread: [],
    });
  });

  test('a source without a helm block has the values of its chart', async () => {
    const { helm: _, ...bare } = source([]);
    expect(await read(bare)).toEqual({ layers: [CHART], unread: [] });
  });

  test('all files are asked for together, and missing ones are none', async () => {
    const before = TREE.batches.length;
    expect(await read(source(['missing.yaml']))).toEqual({ layers: [CHART], unread: [] });
    expect(TREE.batches.slice(before)).toEqual([['charts/shop/values.yaml', 'charts/shop/missing.yaml']]);
  });

  test('what lies elsewhere is named, without credentials', async () => {
    const files = [
      'https://u:secret@x.io/v.yaml?token=secret',
      '$none/v.yaml',
      '$ENV.yaml',
      'env/*.yaml',
      '../../../x',
      'binary.yaml',
    ];
    expect(await read(source(files))).toEqual({
      layers: [CHART],
      unread: [
        'value file https://x.io/v.yaml',
        'value file $none/v.yaml',
        'value file $ENV.yaml',
        'value file env/*.yaml',
        'value file ../../../x',
        expect.stringContaining('charts/shop/binary.yaml'),
      ],
    });
  });

  const { helm: _, path: __, ...refOnly } = source([], { ref: 'cfg' });
  for (const [what, lender, expected] of [
    [
      'of the same repository and revision is read',
      { ...refOnly, repoURL: REPO.replace('.git', '') },
      ['env/eu.yaml: eu', CHART],
    ],
    ['of another repository is not', { ...refOnly, repoURL: 'https://git.example.com/other' }, [CHART]],
    ['of another revision is not', { ...refOnly, targetRevision: 'next' }, [CHART]],
  ] as const) {
    test(`a $ref file ${what}`, async () => {
      const got = await read(source(['$cfg/env/eu.yaml']), [lender]);
      expect(got.layers).toEqual(expected);
      expect(got.unread).toEqual(expected.length > 1 ? [] : ['value file $cfg/env/eu.yaml']);
    });
  }

  test('a packed chart reads its values from the repository that lends them', async () => {
    const { path: _path, ...packed } = source(['$cfg/env/eu.yaml', 'prod.yaml'], {
      repoURL: 'https://charts.example.com',
      chart: 'shop',
      targetRevision: '1.*',
    });
    expect(await read(packed, [refOnly])).toEqual({
      layers: ['env/eu.yaml: eu'],
      unread: ["the chart's own values, which are not in the repository", 'value file prod.yaml'],
    });
  });
});
