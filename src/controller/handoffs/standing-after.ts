import { readChanges } from '../../core/commits/change-trailer.ts';
import { JUST_ACCEPTED, type StandingTarget, type TargetStanding } from '../../core/handoff/operation.ts';
import { parseVersionText } from '../../core/image-version.ts';
import type { CommitReport, ItemReport } from '../../core/report.ts';

/** What a look found about the image of a target. */
export interface Found {
  readonly item: ItemReport;
  /** Those that the look has made. */
  readonly commits: readonly CommitReport[];
}

/** What became of a target that counts; undefined when it stands as before. */
export function standingAfter(target: StandingTarget, found: Found): TargetStanding | undefined {
  const { item } = found;
  const isLookedAt = target.state === 'accepted';
  if (item.outcome === 'failed') return isLookedAt ? { ...JUST_ACCEPTED, reason: item.reason } : undefined;
  if (says(item.to, target)) return written(target, found);
  // A scan has chosen something else, where it may.
  if (!isLookedAt && item.outcome === 'update') return ended('superseded', `${item.to} was found by a scan`);
  if (!isLookedAt || item.rule === 'superseded') return undefined;
  return ended('refused', item.reason);
}

/** The look was about the target's own version. */
function written(target: StandingTarget, { item, commits }: Found): TargetStanding | undefined {
  const { pullRequest } = item;
  switch (item.outcome) {
    case 'held':
      return item.rule === 'rejected' ? ended('refused', item.reason) : ended('held', item.reason);
    case 'current':
      // Git says it already, or since somebody has merged it.
      return { ...ended('committed', item.reason), ...placeOf(item), pullRequest: target.pullRequest };
    case 'update': {
      if (pullRequest) {
        const isMerged = pullRequest.state === 'merged';
        const branch = isMerged ? pullRequest.base : pullRequest.head;
        const state = isMerged ? 'committed' : 'pull-request';
        const { repoURL, url } = pullRequest;
        return { ...ended(state, pullRequest.remarks.join('; ')), repoURL, branch, pullRequest: url };
      }
      return { ...ended('committed', ''), ...placeOf(item), commit: commitOf(item, commits) };
    }
    default:
      return undefined;
  }
}

function ended(state: TargetStanding['state'], reason: string): TargetStanding {
  return { ...JUST_ACCEPTED, state, reason };
}

/** A digest is written only where the strategy tracks digests. */
function says(version: string | null, { tag, digest }: StandingTarget): boolean {
  const read = version === null ? undefined : parseVersionText(version);
  return read?.ok === true && read.value.tag === tag && (read.value.digest ?? digest) === digest;
}

function placeOf({ target }: ItemReport): Pick<TargetStanding, 'repoURL' | 'branch'> {
  if (target === null || !('branch' in target)) return { repoURL: null, branch: null };
  return { repoURL: target.repoURL, branch: target.branch };
}

/** The commit that records the change; the last one of the branch, which holds it too, where a template hides that. */
function commitOf({ application, alias, target }: ItemReport, commits: readonly CommitReport[]): string | null {
  if (target === null || !('branch' in target)) return null;
  const own = commits.filter(({ repoURL, branch }) => repoURL === target.repoURL && branch === target.branch);
  const isRecorded = ({ message }: CommitReport) =>
    readChanges(message).some((change) => change.application === application && change.alias === alias);
  return (own.find(isRecorded) ?? own.at(-1))?.commit ?? null;
}
