import { expect, test } from 'vitest';
import { decided, decision } from '../../test/support/tracked.ts';
import type { Decision } from '../core/deciding/decision.ts';
import type { TargetKeys } from '../core/tracked-image.ts';
import { refuseConflicts } from './conflicts.ts';

interface Row {
  readonly what: string;
  readonly one: readonly [image: string, decision: Decision, keys?: TargetKeys];
  readonly other: readonly [image: string, decision: Decision, keys?: TargetKeys];
  readonly path?: string;
  readonly refused: boolean;
}

const to = (version: string) => decision('update', '1.0', version);
const nothing: Decision = { ...to('9'), outcome: 'none', rule: 'not-used', to: undefined };

const ROWS: readonly Row[] = [
  { what: 'two policies for one image', one: ['acme/web', to('1.1')], other: ['acme/web', to('2.0')], refused: true },
  {
    what: 'the same wish twice',
    one: ['acme/web', to('1.1')],
    other: ['docker.io/acme/web', to('1.1')],
    refused: false,
  },
  { what: 'two images', one: ['acme/web', to('1.1')], other: ['acme/api', to('2.0')], refused: false },
  { what: 'two files', one: ['acme/web', to('1.1')], other: ['acme/web', to('2.0')], path: 'b', refused: false },
  {
    what: 'two images under one name of the base',
    one: ['acme/web', to('1.1'), { kustomizeName: 'app' }],
    other: ['acme/api', to('1.1'), { kustomizeName: 'app' }],
    refused: true,
  },
  {
    what: 'a move and a hold',
    one: ['acme/web', to('1.1')],
    other: ['acme/web', decision('held', '1.0', '0.9')],
    refused: true,
  },
  { what: 'an image that nothing uses', one: ['acme/web', to('1.1')], other: ['acme/web', nothing], refused: false },
];

for (const { what, one, other, path = 'a', refused } of ROWS) {
  test(`${what}: ${refused ? 'neither is written' : 'both go on'}`, () => {
    const [image, wish, keys = {}] = one;
    const [otherImage, otherWish, otherKeys = {}] = other;
    const { images, failed } = refuseConflicts([
      decided({ application: 'one', alias: 'x', image, path: 'a', keys }, wish),
      decided({ application: 'other', alias: 'y', image: otherImage, path, keys: otherKeys }, otherWish),
    ]);
    expect(images).toHaveLength(refused ? 0 : 2);
    expect(failed.map(({ problem }) => `${problem.code} ${problem.object}`)).toEqual(
      refused ? ['TARGET_CONFLICT argocd/one x', 'TARGET_CONFLICT argocd/other y'] : [],
    );
  });
}

test('10,000 Applications that agree on one place take no time for each pair', () => {
  const images = Array.from({ length: 10_000 }, (_, index) =>
    decided({ application: `a${index}`, alias: 'x', image: 'acme/web', path: 'a', keys: {} }, to('1.1')),
  );
  const began = performance.now();
  expect(refuseConflicts(images).images).toHaveLength(10_000);
  expect(performance.now() - began).toBeLessThan(20_000);
});
