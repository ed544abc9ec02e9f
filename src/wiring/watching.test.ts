import { expect, test } from 'vitest';
import { report } from '../../test/support/sample-report.ts';
import { openWatching } from './watching.ts';

const AN_HOUR_MS = 3_600_000;

test('who waits for nothing is never stuck; who hears of nothing while at work is', async () => {
  const { watchdog, observer, busy, watched } = openWatching(undefined);
  const stuck = () => watchdog.stuck(performance.now() + AN_HOUR_MS).map(({ name }) => name);
  observer.requestEnded('ghcr.io', 'ok', 1);
  expect(stuck()).toEqual([]);

  const work = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const looks = work.map(({ promise }) => busy(() => promise));
  expect(stuck()).toEqual(['the cycle']);
  work[0]?.resolve();
  await looks[0];
  expect(stuck()).toEqual(['the cycle']);
  work[1]?.reject(new Error('failed'));
  await expect(looks[1]).rejects.toThrow('failed');
  observer.commandEnded('fetch', 'ok', 1);
  expect(stuck()).toEqual([]);

  const seen: string[][] = [];
  const cycle = watched(async () => {
    seen.push(stuck());
    return report();
  }, true);
  await cycle(new AbortController().signal);
  expect([seen, stuck()]).toEqual([[['the cycle']], []]);
});
