import { expect, test } from 'vitest';
import { item, REPO, report } from '../../test/support/sample-report.ts';
import { lineTimes } from './line-times.ts';

const commits = [{ repoURL: REPO, branch: 'main', commit: 'c', message: 'm' }];
const update = item({ outcome: 'update', to: '2' });
const web = { registry: 'ghcr.io', repository: 'acme/web' };

test('from the first of several pushes to the cycle that moved the image, once', () => {
  const line = lineTimes();
  line.pushed(web, 1_000);
  line.pushed(web, 2_000);
  const moved = report({ items: [update, item({ alias: 'x', outcome: 'update', to: '2' }), item()], commits });
  expect(line.cycleEnded(report({ items: [item()] }), 1_500, 1_600)).toEqual([]);
  expect(line.cycleEnded(moved, 3_000, 4_500)).toEqual([
    { stage: 'pushed-to-seen', tookMs: 2_000 },
    { stage: 'seen-to-committed', tookMs: 1_500 },
    { stage: 'seen-to-committed', tookMs: 1_500 },
  ]);
  expect(line.cycleEnded(moved, 5_000, 5_100).map(({ stage }) => stage)).not.toContain('pushed-to-seen');
});

test('an Application that is written itself has its times too', () => {
  const patches = [{ application: 'argocd/shop', path: 'spec.source.kustomize.images', diff: '' }];
  const times = lineTimes().cycleEnded(report({ items: [update], patches }), 1_000, 1_200);
  expect(times).toEqual([{ stage: 'seen-to-committed', tookMs: 200 }]);
});

test('what nobody told of has no beginning, and what brought nothing is forgotten after an hour', () => {
  const line = lineTimes();
  line.pushed(web, 0);
  line.cycleEnded(
    report({ items: [item({ alias: 'y', image: 'nginx', outcome: 'update', to: '2' })], commits }),
    0,
    4_000_000,
  );
  const later = line.cycleEnded(report({ items: [update], commits }), 4_000_000, 4_000_100);
  expect(later).toEqual([{ stage: 'seen-to-committed', tookMs: 100 }]);
});
