import type { Change } from '../core/change.ts';
import { formatVersion, type ImageVersion } from '../core/image-version.ts';
import type { ItemReport, TargetReport } from '../core/report.ts';
import type { Fate } from './compose.ts';
import { type DecidedImage, type FailedImage, identify, type Place } from './items.ts';
import type { Proposals } from './pull-requests/propose.ts';

/** The item of an image whose way went to its end; `fate` is what became of its change, when there was one. */
export function reportDecided({ tracked, place, decision }: DecidedImage, fate: Fate | undefined): ItemReport {
  return {
    ...identify(tracked),
    from: versionText(decision.from),
    to: versionText(decision.to),
    outcome: decision.outcome,
    rule: decision.rule,
    reason: decision.reason,
    target: targetOf(place),
    statedIn: place.knowledge.statedIn,
    sightings: place.knowledge.sightings,
    candidates: decision.candidates,
    notes: decision.notes,
    ...overtaken(fate),
  };
}

/** What is reported of a change that is proposed, beside its decision. */
export function proposedAs(
  change: Change,
  { declined, requestOf }: Pick<Proposals, 'declined' | 'requestOf'>,
): Partial<ItemReport> {
  const closed = declined.get(change);
  if (closed) {
    const reason = `a person closed ${closed.url} without merging it; a newer version is proposed again`;
    return { outcome: 'held', rule: 'rejected', reason };
  }
  const pullRequest = requestOf.get(change);
  return pullRequest ? { pullRequest } : {};
}

/** Somebody else wrote the target between the decision and the push. */
function overtaken(fate: Fate | undefined): Partial<ItemReport> {
  if (fate?.kind === 'void') {
    return { outcome: 'current', rule: 'current', reason: 'somebody else wrote this version meanwhile' };
  }
  if (fate?.kind === 'superseded') {
    const reason = `the target says ${fate.says} by now; decided afresh in the next cycle`;
    return { outcome: 'none', rule: 'superseded', reason };
  }
  return {};
}

export function reportFailed({ identity, problem, place, decision }: FailedImage): ItemReport {
  return {
    ...identity,
    from: versionText(decision?.from ?? place?.knowledge.version),
    to: versionText(decision?.to),
    outcome: 'failed',
    rule: problem.code,
    reason: problem.message,
    target: place ? targetOf(place) : null,
    statedIn: place?.knowledge.statedIn ?? null,
    sightings: place?.knowledge.sightings ?? [],
    candidates: decision?.candidates ?? [],
    notes: decision?.notes ?? [],
  };
}

function targetOf(place: Place): TargetReport {
  if (!('branch' in place)) return place.target;
  return { ...place.target, writeBranch: place.branch.writeBranch ?? null, credential: place.credential };
}

function versionText(version: ImageVersion | undefined): string | null {
  return version ? formatVersion(version) : null;
}
