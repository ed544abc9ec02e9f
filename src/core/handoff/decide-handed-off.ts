import { decide } from '../deciding/decide.ts';
import type { Decision } from '../deciding/decision.ts';
import type { Policy } from '../deciding/policy.ts';
import type { Scan } from '../deciding/scan.ts';
import type { ImageVersion } from '../image-version.ts';
import type { Digest, Tag } from '../reference.ts';

/**
 * Which version an image shall have that a pipeline has handed one off for: that one, if the tag still points where the
 * pipeline says, and no filter, constraint or gate is against it. Nothing else counts.
 * @param input.scan what was handed off as the only tag, with its facts; and those of the tag that Git states, where
 *   only its creation time can tell a step back
 */
export function decideHandedOff(input: {
  readonly policy: Policy;
  readonly current: ImageVersion | undefined;
  readonly version: { readonly tag: Tag; readonly digest: Digest };
  readonly scan: Scan;
}): Decision {
  const { policy, current, version, scan } = input;
  const facts = scan.facts.get(version.tag);
  if (facts?.kind === 'gone') return mismatch(`${version.tag} is not in the registry`, current);
  if (facts?.kind === 'image' && facts.digest !== version.digest) {
    return mismatch(`${version.tag} points at ${facts.digest} now, and not at ${version.digest}`, current);
  }
  const decision = decide({ policy, current, scan });
  return { ...decision, notes: [...decision.notes, 'handed off by a pipeline'] };
}

function mismatch(reason: string, from: ImageVersion | undefined): Decision {
  return { outcome: 'none', rule: 'handoff-mismatch', reason, from, to: undefined, candidates: [], notes: [] };
}

/** The decision about an image that no pipeline hands off now, and that nothing else may move: the registry is not asked. */
export function handoffOnly(from: ImageVersion | undefined): Decision {
  const reason = 'only a hand-off moves it (tiphys.dev/source: handoff), and none is waiting';
  return { outcome: 'none', rule: 'handoff-only', reason, from, to: undefined, candidates: [], notes: [] };
}
