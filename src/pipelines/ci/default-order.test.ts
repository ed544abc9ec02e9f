import { expect, test } from 'vitest';
import type { CiEnvironment } from './ci-environment.ts';
import { chooseOrder } from './default-order.ts';

const JENKINS: CiEnvironment = {
  kind: 'jenkins',
  repoURL: 'git@github.com:acme/shop.git',
  branch: 'main',
  commit: 'abc',
  order: undefined,
  author: undefined,
};
const OWN = { scope: 'gitlab-iid:gitlab.example.com/42', number: 17 };

for (const [why, given, ci, committedAt, expected] of [
  ['the number that was given', 5, { ...JENKINS, order: OWN }, 99, { scope: 'order:github.com/acme/shop', number: 5 }],
  ['one given outside of every CI', 5, undefined, 99, { scope: 'order:local', number: 5 }],
  [
    'one given where no repository is known',
    5,
    { ...JENKINS, repoURL: undefined },
    99,
    { scope: 'order:local', number: 5 },
  ],
  ["the CI's own", undefined, { ...JENKINS, order: OWN }, 99, OWN],
  ["the commit's time", undefined, JENKINS, 99, { scope: 'commit-time:github.com/acme/shop', number: 99 }],
  ['nothing where that is not known', undefined, JENKINS, undefined, undefined],
  ['nothing where the commit is not known', undefined, { ...JENKINS, commit: undefined }, 99, undefined],
  ['nothing outside of every CI', undefined, undefined, 99, undefined],
] as const) {
  test(`a build is ordered by ${why}`, async () => {
    expect(await chooseOrder(given, ci, async () => committedAt)).toEqual(expected);
  });
}

test('git is not asked where another number counts', async () => {
  const ask = () => Promise.reject(new Error('asked'));
  expect(await chooseOrder(5, JENKINS, ask)).toMatchObject({ number: 5 });
  expect(await chooseOrder(undefined, { ...JENKINS, order: OWN }, ask)).toEqual(OWN);
});
