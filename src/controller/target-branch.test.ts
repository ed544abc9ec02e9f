import { describe, expect, test } from 'vitest';
import { targetImage } from '../../test/support/target-images.ts';
import { trackedImage } from '../../test/support/tracked.ts';
import type { Source } from '../core/applications/application.ts';
import type { WriteBack } from '../core/tracked-image.ts';
import { targetBranch } from './locate.ts';

const wanted = targetImage('acme/web');
const source = (repoURL: string, targetRevision: string, more: Partial<Source> = {}): Source => ({
  ...wanted.source,
  repoURL,
  targetRevision,
  ...more,
});
const chart = source('https://charts', '1.2.3', { chart: 'web' });

function branchOf(sources: readonly Source[], writeBack: Partial<WriteBack> = {}) {
  const tracked = trackedImage('shop', 'web', wanted);
  const [chosen = chart] = sources;
  const image = {
    ...tracked,
    application: { ...tracked.application, sources },
    writeBack: { ...tracked.writeBack, ...writeBack },
  };
  const { repoURL, branch, writeBranch } = targetBranch(image, chosen);
  return [repoURL, branch, writeBranch];
}

describe('targetBranch', () => {
  for (const [why, sources, writeBack, expected] of [
    ["the source's own", [source('a', 'v1')], {}, ['a', 'v1', undefined]],
    ['the one that is named', [source('a', 'v1')], { branch: 'main', writeBranch: 'w' }, ['a', 'main', 'w']],
    [
      "another repository's, by the source in it",
      [source('a', 'v1'), source('b', 'v2')],
      { repoURL: 'b' },
      ['b', 'v2', undefined],
    ],
    [
      'the same in another spelling',
      [chart, source('https://B/c.git', 'v2')],
      { repoURL: 'https://b/c' },
      ['https://b/c', 'v2', undefined],
    ],
    [
      'one revision, twice',
      [source('a', ''), source('b', 'v2'), source('b', 'v2')],
      { repoURL: 'b' },
      ['b', 'v2', undefined],
    ],
    ["the chosen source's, where none is in it", [source('a', 'v1')], { repoURL: 'b' }, ['b', 'v1', undefined]],
  ] as const) {
    test(why, () => expect(branchOf(sources, writeBack)).toEqual(expected));
  }

  for (const [why, sources, writeBack, message] of [
    ['two revisions of it', [source('a', ''), source('b', 'v1'), source('b', 'v2')], { repoURL: 'b' }, '2 revisions'],
    ['only the version of a chart', [chart], { repoURL: 'b' }, 'the version of the chart web is no branch'],
  ] as const) {
    test(`none is guessed: ${why}`, () => {
      expect(() => branchOf(sources, writeBack)).toThrow(message);
      expect(branchOf(sources, { ...writeBack, branch: 'main' })[1]).toBe('main');
    });
  }
});
