import { describe, expect, test } from 'vitest';
import { item, REPO, report } from '../../test/support/sample-report.ts';
import type { Rollout } from './rollout.ts';
import { rolloutTimes } from './rollout-times.ts';

const IMAGE = 'ghcr.io/acme/web';
const COMMIT = 'c'.repeat(40);
const DIGEST = `sha256:${'a'.repeat(64)}`;
const BEGAN_MS = 1_000_300;
const WRITTEN_MS = 1_000_700;

const COMMITS = [{ repoURL: REPO, branch: 'main', commit: COMMIT, message: 'm' }];

/** One Application whose web moved to 2.0 by WRITTEN_MS, in a commit or in the Application itself. */
function written(to = '2.0', commits = COMMITS) {
  const times = rolloutTimes();
  times.written(report({ items: [item({ outcome: 'update', to })], commits }), BEGAN_MS, WRITTEN_MS);
  return times;
}

const { application } = item();

/** Moments in seconds after the one in which it was written. */
function rollout(at: {
  finished?: number;
  revisions?: readonly string[];
  images?: readonly string[];
  compared?: number;
  healthy?: number;
}): Rollout {
  const ms = (seconds: number | undefined) => (seconds === undefined ? undefined : 1_000_000 + seconds * 1_000);
  const finishedMs = ms(at.finished);
  return {
    application,
    sync: finishedMs === undefined ? undefined : { finishedMs, revisions: at.revisions ?? [] },
    images: at.images ?? [],
    comparedMs: ms(at.compared),
    healthyMs: ms(at.healthy),
  };
}

describe('a sync that brings the change', () => {
  for (const [to, seen, expected, why] of [
    ['2.0', rollout({ finished: 5, revisions: [COMMIT] }), 4_300, 'it was made from our commit'],
    ['2.0', rollout({ finished: 5, revisions: ['d', COMMIT] }), 4_300, 'of one of several sources'],
    ['2.0', rollout({ finished: 5, revisions: ['d'], images: [`${IMAGE}:2.0`] }), 4_300, 'it applied our version'],
    ['2.0', rollout({ finished: 0, revisions: [COMMIT] }), 0, 'in the same second, as far as anybody can tell'],
    ['2.0', rollout({ finished: -2, images: [`${IMAGE}:2.0`] }), undefined, 'one of before is none'],
    ['2.0', rollout({ finished: 5, revisions: ['d'], images: [`${IMAGE}:1.0`] }), undefined, 'another version'],
    ['2.0', rollout({ finished: 5, images: ['ghcr.io/acme/other:2.0'] }), undefined, 'another image'],
    ['2.0', rollout({ images: [`${IMAGE}:2.0`] }), undefined, 'none has succeeded'],
    [`2.0@${DIGEST}`, rollout({ finished: 5, images: [`${IMAGE}@${DIGEST}`] }), 4_300, 'the digest decides'],
    [`2.0@${DIGEST}`, rollout({ finished: 5, images: [`${IMAGE}:2.0`] }), undefined, 'a tag alone may be another one'],
  ] as const) {
    test(`${to}: ${why}`, () => {
      const times = written(to).seen(seen);
      expect(times).toEqual(expected === undefined ? [] : [{ stage: 'committed-to-synced', tookMs: expected }]);
    });
  }

  test('of an Application that was written itself is known by its images', () => {
    const times = written('2.0', []);
    expect(times.seen(rollout({ finished: 5, revisions: ['d'] }))).toEqual([]);
    expect(times.seen(rollout({ finished: 9, images: [`${IMAGE}:2.0`] }))).toHaveLength(1);
  });

  test('counts once', () => {
    const times = written();
    expect(times.seen(rollout({ finished: 5, revisions: [COMMIT] }))).toHaveLength(1);
    expect(times.seen(rollout({ finished: 5, revisions: [COMMIT] }))).toEqual([]);
  });
});

describe('health after it', () => {
  const synced = { finished: 5, revisions: [COMMIT] };
  for (const [after, expected, why] of [
    [{ ...synced, healthy: 12, compared: 6 }, 7_000, 'since it became healthy'],
    [{ ...synced, healthy: -90, compared: 6 }, 0, 'it never ceased to be'],
    [{ ...synced, healthy: -90, compared: 5 }, undefined, 'the health of before is still there'],
    [{ ...synced, compared: 6 }, undefined, 'it is not healthy'],
  ] as const) {
    test(why, () => {
      const times = written();
      times.seen(rollout(synced));
      const found = times.seen(rollout(after));
      expect(found).toEqual(expected === undefined ? [] : [{ stage: 'synced-to-healthy', tookMs: expected }]);
    });
  }

  test('may be seen together with the sync', () => {
    const stages = written().seen(rollout({ ...synced, healthy: 8 }));
    expect(stages).toEqual([
      { stage: 'committed-to-synced', tookMs: 4_300 },
      { stage: 'synced-to-healthy', tookMs: 3_000 },
    ]);
  });
});

describe('a cycle that ends after the roll-out of what it wrote', () => {
  const change = report({ items: [item({ outcome: 'update', to: '2.0' })], commits: COMMITS });
  const cycle = { beganMs: BEGAN_MS, endedMs: BEGAN_MS + 60_000 };
  for (const [what, seen, expected] of [
    ['was made from our commit', { finished: 5, revisions: [COMMIT] }, 2],
    ['applied our version', { finished: 5, images: [`${IMAGE}:2.0`] }, 2],
    ['is of before the cycle', { finished: -2, images: [`${IMAGE}:2.0`] }, 0],
  ] as const) {
    test(`its sync ${what}`, () => {
      const times = rolloutTimes();
      expect(times.seen(rollout({ ...seen, healthy: 8 }))).toEqual([]);
      const found = times.written(change, cycle.beganMs, cycle.endedMs);
      expect(found.map(({ tookMs }) => tookMs)).toEqual(Array(expected).fill(0));
      expect(times.seen(rollout({ ...seen, healthy: 8 }))).toEqual([]);
    });
  }
});

describe('is not followed', () => {
  test('what stands in an open pull request', () => {
    const times = rolloutTimes();
    const pullRequest = {
      forge: 'gitea',
      repoURL: REPO,
      head: 'h',
      base: 'main',
      title: '',
      url: null,
      remarks: [],
    } as const;
    times.written(
      report({ items: [item({ outcome: 'update', to: '2.0', pullRequest: { ...pullRequest, state: 'open' } })] }),
      0,
      0,
    );
    expect(times.seen(rollout({ finished: 5, images: [`${IMAGE}:2.0`] }))).toEqual([]);
  });

  test('a change after another one of the same Application, nor one of long ago', () => {
    const times = written();
    const commits = [{ repoURL: REPO, branch: 'main', commit: 'd'.repeat(40), message: 'm' }];
    times.written(
      report({ items: [item({ outcome: 'update', to: '3.0' })], commits }),
      BEGAN_MS + 1_000,
      WRITTEN_MS + 1_000,
    );
    expect(times.seen(rollout({ finished: 5, revisions: [COMMIT] }))).toEqual([]);
    const laterMs = WRITTEN_MS + 7 * 3_600_000;
    times.written(report({ items: [] }), laterMs, laterMs);
    expect(times.seen(rollout({ finished: 25_000, revisions: ['d'.repeat(40)] }))).toEqual([]);
  });
});
