import type { Change } from '../../core/change.ts';
import { type Problem, toProblem } from '../../core/failure.ts';
import { describeBranch } from '../../core/redact.ts';
import type { PullRequestReport } from '../../core/report.ts';
import type { TrackedImage } from '../../core/tracked-image.ts';
import type { PullRequest } from '../../ports/forge.ts';
import { type Composing, compose } from '../compose.ts';
import { NOTHING_WRITTEN, type Written, written } from '../write-back.ts';
import { type GroupOutcome, planned } from './group-outcome.ts';
import { groupProposals, type ProposalGroup, type ProposedImage } from './groups.ts';
import { mergeInTurn, type Proposed } from './merging.ts';
import { proposalOf } from './proposal.ts';
import { proposeGroup } from './propose-group.ts';
import { forgeOpener, type ProposalMeans, type Proposer } from './proposer.ts';
import { findLingering, isQuiet, type QuietGroups } from './quiet.ts';
import { retireReplaced } from './replaced.ts';

/** What became of everything that is proposed. */
export interface Proposals extends Written {
  readonly pullRequests: readonly PullRequestReport[];
  readonly requestOf: ReadonlyMap<Change, PullRequestReport>;
  /** Changes that a person declined by closing a request. */
  readonly declined: ReadonlyMap<Change, PullRequest>;
  /** Images that cannot be grouped. */
  readonly ungrouped: ReadonlyMap<TrackedImage, Problem>;
}

/** One request for each group, side by side; then what may be merged. */
export async function proposeChanges(
  images: readonly ProposedImage[],
  { forges, access, ...proposer }: Proposer,
  how: Composing & Pick<ProposalMeans, 'dryRun'>,
  signal: AbortSignal,
): Promise<Proposals> {
  const means: ProposalMeans = { ...proposer, ...how, openForge: forgeOpener({ forges, access }) };
  const { groups, failed } = groupProposals(images);
  // A dry run closes nothing, so that it need not look either.
  const quiet = means.dryRun ? NOBODY : await findLingering(groups.filter(isQuiet), means, signal);
  const due = groups.filter((group) => !isQuiet(group) || quiet.lingering.has(group));
  const proposed = await Promise.all(
    due.map(async (group): Promise<Proposed> => ({ group, outcome: await carefully(group, means, signal) })),
  );
  const merged = means.dryRun ? proposed : await mergeInTurn(proposed, means, signal);
  const replaced = means.dryRun ? [] : await retireReplaced(images, groups, means, signal);
  const proposals = together(merged);
  return {
    ...proposals,
    pullRequests: [...proposals.pullRequests, ...replaced.flatMap(({ request }) => request ?? [])],
    warnings: [...proposals.warnings, ...quiet.warnings, ...replaced.flatMap(({ warnings }) => warnings)],
    ungrouped: failed,
  };
}

const NOBODY: QuietGroups = { lingering: new Set(), warnings: [] };

/** One group's failure stops no other. */
async function carefully(group: ProposalGroup, means: ProposalMeans, signal: AbortSignal): Promise<GroupOutcome> {
  try {
    return await proposeGroup(group, means, signal);
  } catch (error) {
    signal.throwIfAborted();
    const { repoURL, writeBranch } = group.branch;
    const problem = toProblem(describeBranch(repoURL, writeBranch), error);
    return means.dryRun ? await foretoldBlindly(group, means, problem) : failedOutcome(group, problem);
  }
}

function failedOutcome(group: ProposalGroup, problem: Problem): GroupOutcome {
  const outcome = { request: undefined, composition: undefined, isWritten: false, commits: [], declined: new Map() };
  // Where nothing moves there is no image to blame.
  return isQuiet(group) ? { ...outcome, warnings: [problem] } : { ...outcome, warnings: [], failure: problem };
}

/** A plan is worth having also where the forge cannot be asked what is open, or was declined. */
async function foretoldBlindly(group: ProposalGroup, means: ProposalMeans, problem: Problem): Promise<GroupOutcome> {
  const moving = group.images.flatMap((image) => (image.change ? [{ ...image, change: image.change }] : []));
  const composition = await compose(group.tree, [moving.map(({ change }) => change)], means);
  const { title } = proposalOf(group, moving, composition, { ...means, mostBody: Number.POSITIVE_INFINITY });
  return {
    request: planned(group.branch, group.setting.forge, title),
    composition,
    isWritten: true,
    commits: [],
    declined: new Map(),
    warnings: [problem],
  };
}

function together(proposed: readonly Proposed[]): Omit<Proposals, 'ungrouped'> {
  const parts = proposed.map(({ group, outcome }) => {
    const { composition, isWritten, commits } = outcome;
    const where = { repoURL: group.branch.repoURL, branch: group.branch.writeBranch };
    const { files, ...rest } = composition ? written(where, composition, []) : NOTHING_WRITTEN;
    return { ...rest, files: isWritten ? files : [], commits, group, outcome };
  });
  const changesOf = ({ images }: ProposalGroup) => images.flatMap(({ change }) => change ?? []);
  return {
    files: parts.flatMap(({ files }) => files),
    commits: parts.flatMap(({ commits }) => commits),
    fates: new Map(parts.flatMap(({ fates }) => [...fates])),
    failed: new Map(
      parts.flatMap(({ group, outcome: { failure } }) =>
        failure ? changesOf(group).map((change): [Change, Problem] => [change, failure]) : [],
      ),
    ),
    warnings: parts.flatMap(({ warnings, outcome }) => [...warnings, ...outcome.warnings]),
    pullRequests: parts.flatMap(({ outcome: { request } }) => request ?? []),
    requestOf: new Map(
      parts.flatMap(({ group, outcome: { request } }) =>
        request ? changesOf(group).map((change): [Change, PullRequestReport] => [change, request]) : [],
      ),
    ),
    declined: new Map(parts.flatMap(({ outcome: { declined } }) => [...declined])),
  };
}
