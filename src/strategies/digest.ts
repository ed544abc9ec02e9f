import type { Judge, Strategy } from '../core/deciding/strategy.ts';
import { parsed, unparsable } from '../core/parsed.ts';
import { parseTag, type Tag } from '../core/reference.ts';
import { compareBytes } from './byte-order.ts';

/** What one tag points at now, written as `tag@digest`. */
export const digest: Strategy = {
  id: 'digest',
  deprecatedIds: [],
  needs: 'digest',
  pinsDigest: true,
  readsConstraint: true,
  judge(constraint = '') {
    if (constraint === '') {
      return unparsable('the digest strategy tracks one tag: write it behind the image name, as in "nginx:stable"');
    }
    const tracked = parseTag(constraint);
    if (tracked.ok) return parsed(judgeOf(tracked.value));
    return unparsable(
      `the digest strategy tracks one exact tag, and "${constraint}" is not a tag; write one, as in "nginx:stable"`,
    );
  },
};

function judgeOf(tracked: Tag): Judge {
  return {
    strategy: digest,
    drop: ({ tag }) =>
      tag === tracked ? undefined : { rule: 'not-tracked', reason: `is not the tracked tag ${tracked}` },
    wants: (tag) => tag === tracked,
    only: tracked,
    compare: (a, b) => compareBytes(a.tag, b.tag),
    // Digests have no order of their own: what the tag points at now is by definition the newest.
    age: (chosen, current) => (chosen.digest === current.digest ? 'same' : 'newer'),
    merit: (chosen) => `points at ${chosen.digest}`,
  };
}
