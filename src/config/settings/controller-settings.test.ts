import { expect, test } from 'vitest';
import { controllerSettings } from './controller-settings.ts';
import { settle } from './settings.ts';
import { CATALOGUE } from './settings-catalogue.ts';

for (const [interval, intervalMs, followsChanges] of [
  [undefined, 120_000, true],
  ['30s', 30_000, true],
  ['0', undefined, true],
  ['-1s', undefined, false],
] as const) {
  test(`an interval of ${interval ?? 'no matter what'}`, () => {
    const given = { setting: CATALOGUE.interval, source: 'flag', name: '--interval', object: '--interval' } as const;
    const settings = settle(interval === undefined ? [] : [{ ...given, text: interval }]);
    const others = { looksAtOnce: 1, once: false, dryRun: false, events: true };
    expect(controllerSettings(settings)).toEqual({ intervalMs, followsChanges, ...others });
  });
}
