import type { Change } from '../../core/change.ts';
import type { Problem } from '../../core/failure.ts';
import { type Marker, withMarker } from '../../core/pull-requests/pull-request-marker.ts';
import { isRecorded, nextStep, type Standing, standingOf } from '../../core/pull-requests/pull-request-standing.ts';
import { blockedBody } from '../../core/pull-requests/pull-request-text.ts';
import { describeBranch } from '../../core/redact.ts';
import type { CommitReport } from '../../core/report.ts';
import type { Forge, PullRequest, SavedPullRequest } from '../../ports/forge.ts';
import type { OwnedPush } from '../../ports/git.ts';
import { type Composition, compose } from '../compose.ts';
import { type GroupOutcome, planned, QUIET, reportOf } from './group-outcome.ts';
import { branchId, type ProposalGroup, type ProposedImage } from './groups.ts';
import { draftOf, idOf, type Proposal, proposalOf, type ReasonedImage } from './proposal.ts';
import type { ProposalMeans } from './proposer.ts';
import { retire, withBody } from './retire.ts';

/**
 * Brings one group's request to what is wanted; where nothing moves any more, to its end. Whatever stops half-way is
 * found again: the branch is written before the request, and a request says that Tiphys closes it before it is closed.
 */
export async function proposeGroup(
  group: ProposalGroup,
  means: ProposalMeans,
  signal: AbortSignal,
): Promise<GroupOutcome> {
  const moving = group.images.filter(isMoving);
  const forge = await means.openForge(group.branch, group.setting.forge, signal);
  const { writeBranch, branch: base } = group.branch;
  const standing = standingOf(await forge.pullRequests.find(writeBranch, base, signal));
  if (moving.length === 0) return await retire(group.branch, forge, standing.open?.request, 'void', means, signal);
  const declined = new Map<Change, PullRequest>();
  for (const { change } of moving) {
    const request = standing.declined.get(idOf(change));
    if (request) declined.set(change, request);
  }
  const kept = moving.filter(({ change }) => !declined.has(change));
  const composition = await compose(group.tree, [kept.map(({ change }) => change)], means);
  const proposal = proposalOf(group, kept, composition, { ...means, mostBody: forge.mostBody });
  const work = { group, forge, standing, kept, means, signal };
  const outcome = await act(work, composition, proposal);
  return { ...outcome, declined };
}

function isMoving(image: ProposedImage): image is ReasonedImage {
  return image.change !== undefined;
}

interface Work {
  readonly group: ProposalGroup;
  readonly forge: Forge;
  readonly standing: Standing<PullRequest>;
  readonly kept: readonly ReasonedImage[];
  readonly means: ProposalMeans;
  readonly signal: AbortSignal;
}

async function act(work: Work, composition: Composition, proposal: Proposal): Promise<GroupOutcome> {
  const { group, forge, standing, means, signal } = work;
  const { open } = standing;
  const step = nextStep(standing, proposal);
  if (means.dryRun) return foretold(work, composition, proposal, step === 'publish');
  switch (step) {
    case 'retire': {
      const retired = await retire(group.branch, forge, open?.request, 'void', means, signal);
      return { ...retired, composition };
    }
    case 'publish':
      return await publish(work);
    case 'rewrite':
      return open?.marker ? await save(work, composition, proposal, open.marker) : QUIET;
    case 'leave': {
      if (!open) return { ...QUIET, composition };
      return { ...standingOpen(work, open.request, []), composition, ...mergeableOf(work, open) };
    }
    default:
      return step satisfies never;
  }
}

/** Writes the branch on the base's present head, and the request after it. */
async function publish(work: Work): Promise<GroupOutcome> {
  const { group, kept, standing, means, signal } = work;
  let latest: { readonly composition: Composition; readonly base: string } | undefined;
  means.memory.absent.delete(branchId(group.branch));
  const pushed = await means.branches.publish(
    group.branch,
    async (head) => {
      const composition = await compose(head, [kept.map(({ change }) => change)], means);
      latest = { composition, base: head.commit };
      return composition.drafts;
    },
    signal,
  );
  if (!latest) throw new Error('the branch was published, but never composed');
  const { composition, base } = latest;
  if (pushed.kind === 'foreign') return await blocked(work, pushed, composition, base);
  const proposal = proposalOf(group, kept, composition, { ...means, mostBody: work.forge.mostBody });
  if (pushed.kind === 'void') {
    if (!proposal.isCertain) return { ...QUIET, composition };
    const retired = await retire(group.branch, work.forge, standing.open?.request, 'void', means, signal);
    return { ...retired, composition };
  }
  const { text, patch, proposals } = proposal;
  const marker: Marker = { state: 'open', text, patch, base, head: pushed.commit, proposals };
  const saved = await save(work, composition, proposal, marker);
  return {
    ...saved,
    isWritten: pushed.isNew,
    commits: pushed.isNew ? commitsOf(group, composition, pushed.commit) : [],
  };
}

/** Opens the request, or brings it up to date where it says anything else. */
async function save(work: Work, composition: Composition, proposal: Proposal, before: Marker): Promise<GroupOutcome> {
  const { group, forge, standing, signal } = work;
  const { open } = standing;
  const marker = { ...before, text: proposal.text };
  const saved: SavedPullRequest =
    open && isRecorded(open.marker, marker)
      ? { request: open.request, remarks: [] }
      : await forge.pullRequests.save(draftOf(group, proposal, marker, forge.mostBody), open?.request, signal);
  return {
    ...standingOpen(work, saved.request, saved.remarks),
    composition,
    ...mergeableOf(work, { request: saved.request, marker }),
  };
}

function standingOpen({ group, forge }: Work, request: PullRequest, remarks: readonly string[]): GroupOutcome {
  return { ...QUIET, request: reportOf(group.branch, forge.kind, request, 'open', remarks) };
}

/** Only what Tiphys wrote is merged, and only where somebody wants it. */
function mergeableOf(
  work: Work,
  { request, marker }: { readonly request: PullRequest; readonly marker: Marker | undefined },
): Pick<GroupOutcome, 'mergeable'> {
  const { group, forge } = work;
  const isWanted = group.setting.autoMerge !== 'off' && !request.isDraft && marker?.state === 'open';
  if (!isWanted) return {};
  const isBehind = marker.base !== group.tree.commit;
  return { mergeable: { forge, request, headCommit: marker.head, isBehind, renew: () => publish(work) } };
}

/** Somebody else works on the branch. The request says so once; without one nothing can be proposed. */
async function blocked(
  { group, forge, standing: { open }, signal }: Work,
  { commit, author }: OwnedPush & { readonly kind: 'foreign' },
  composition: Composition,
  base: string,
): Promise<GroupOutcome> {
  const { repoURL, writeBranch } = group.branch;
  const problem: Problem = {
    code: 'PULL_REQUEST_BLOCKED',
    object: describeBranch(repoURL, writeBranch),
    message: `the branch has commits of others (${author}), so that it is not touched`,
    fix: 'merge or close the request, or take the commits off the branch',
  };
  if (!open) return { ...QUIET, composition, failure: problem };
  const { request, marker } = open;
  if (marker?.state !== 'blocked') {
    const known = marker ?? { text: '-'.repeat(16), patch: '-'.repeat(16), base, proposals: new Set<string>() };
    const told: Marker = { ...known, state: 'blocked', head: commit };
    const body = withMarker(blockedBody(request.body, author), told);
    const fitting = body.length <= forge.mostBody ? body : withMarker(request.body, told);
    await forge.pullRequests.save(withBody(request, fitting), request, signal);
  }
  const report = reportOf(group.branch, forge.kind, request, 'blocked', [problem.message]);
  return { ...QUIET, composition, request: report, warnings: [problem] };
}

/** What a dry run says: all of it without a word to anybody. */
function foretold(
  { group, forge, standing: { open } }: Work,
  composition: Composition,
  { title, proposals }: Proposal,
  isWritten: boolean,
): GroupOutcome {
  if (open) {
    const { state = 'open' } = open.marker ?? {};
    const report = reportOf(group.branch, forge.kind, open.request, state === 'blocked' ? 'blocked' : 'open', []);
    return { ...QUIET, composition, isWritten, request: title === '' ? report : { ...report, title } };
  }
  if (proposals.size === 0) return { ...QUIET, composition };
  return { ...QUIET, composition, isWritten, request: planned(group.branch, forge.kind, title) };
}

/** The last draft is the branch's head; those before it are told by the history. */
function commitsOf({ branch }: ProposalGroup, { drafts }: Composition, commit: string): readonly CommitReport[] {
  const { repoURL, writeBranch } = branch;
  const message = drafts.at(-1)?.message;
  return message === undefined ? [] : [{ repoURL, branch: writeBranch, commit, message }];
}
