import type { Judge, Strategy } from '../core/deciding/strategy.ts';
import { parsed } from '../core/parsed.ts';
import { ageOf, compareBytes } from './byte-order.ts';

/** The tag that is greatest by its bytes: "b" above "B", "9" above "10". The constraint plays no part. */
export const alphabetical: Strategy = {
  id: 'alphabetical',
  deprecatedIds: ['name'],
  needs: 'tags',
  pinsDigest: false,
  readsConstraint: false,
  judge: () => parsed(judge),
};

const judge: Judge = {
  strategy: alphabetical,
  drop: () => undefined,
  wants: () => true,
  compare: (a, b) => compareBytes(a.tag, b.tag),
  age: (chosen, current) => (current.tag === undefined ? undefined : ageOf(compareBytes(chosen.tag, current.tag))),
  merit: (_, count) => (count === 1 ? 'is the only tag' : `is the last of ${count} tags in alphabetical order`),
};
