import { expect, test } from 'vitest';
import { inPlural } from './decision.ts';

for (const [one, many] of [
  ['does not match allow-tags regexp:^v', 'do not match allow-tags regexp:^v'],
  ['is no longer in the registry', 'are no longer in the registry'],
  ['has no readable creation time', 'have no readable creation time'],
  ['matches ignore-tags *-rc*', 'match ignore-tags *-rc*'],
  ['cannot be read as a version', 'cannot be read as a version'],
  ['ranks below 1.1.0', 'rank below 1.1.0'],
] as const) {
  test(`"${one}" of several tags is "${many}"`, () => {
    expect(inPlural(one)).toBe(many);
  });
}
