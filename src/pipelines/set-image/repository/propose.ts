import { newestOrders, type OrderedField, orderKey, ordersOf } from '../../../core/build-order.ts';
import { Failure } from '../../../core/failure.ts';
import type { PullRequestSetting } from '../../../core/pull-requests/pull-request.ts';
import { proposalBranch } from '../../../core/pull-requests/pull-request-branch.ts';
import { proposalTitle } from '../../../core/pull-requests/pull-request-text.ts';
import { describeBranch } from '../../../core/redact.ts';
import type { SupersededField } from '../../../core/set-image-report.ts';
import type { Forge, Forges, PullRequest, PullRequestDraft } from '../../../ports/forge.ts';
import type { BranchList, Git, GitAccess, GitLog, OwnedBranches, OwnedBranchRef } from '../../../ports/git.ts';
import type { SetImageRequest } from '../set-image.ts';
import { changedFields, type RecordedOrders, supersededFields } from './ordered-plan.ts';
import { requestBody } from './request-text.ts';
import {
  type ComposedPlan,
  composeOn,
  type RepositoryReport,
  type RepositoryRequest,
  reportOf,
} from './set-in-repository.ts';
import { requestIn, treeFiles } from './tree-files.ts';

/** How a request is opened. */
export type ProposalSetting = Pick<PullRequestSetting, 'forge' | 'labels' | 'reviewers' | 'assignees' | 'draft'>;

export interface ProposalMeans {
  readonly git: Git & GitLog & OwnedBranches & BranchList & GitAccess;
  readonly forges: Forges;
}

/**
 * Sets images on a branch of its own, and opens a pull request for it or brings the open one up to date: builds of the
 * same images share one. What builds have recorded counts wherever it is: on the base, on the request's branch, and in
 * the bodies of its requests, which a squash merge may have left as the only place.
 * @throws {Failure} PULL_REQUEST_BLOCKED, FORGE_UNKNOWN, FORGE_REFUSED, ..., and what `setInRepository` throws
 */
export async function proposeInRepository(
  request: RepositoryRequest,
  setting: ProposalSetting,
  { git, forges }: ProposalMeans,
  signal: AbortSignal,
): Promise<RepositoryReport> {
  const { repoURL } = request.branch;
  const head = await git.open(request.branch, signal);
  const group = groupOf(await requestIn(treeFiles(head), request.images));
  const writeBranch = proposalBranch({ repoURL, base: head.branch, group, scope: '' });
  const branch: OwnedBranchRef = { ...request.branch, branch: head.branch, writeBranch };
  const forge = await forges.open(repoURL, setting.forge, await git.access(branch, signal), signal);
  const found = await forge.pullRequests.find(writeBranch, head.branch, signal);
  const recorded = recordedOrders(branch, request.order?.scope ?? '', found, git, signal);
  if (request.dryRun) return reportOf(await composeOn(head, request, recorded), 'planned', { branch: writeBranch });
  let latest: ComposedPlan | undefined;
  const pushed = await git.publish(
    branch,
    async (tree) => {
      latest = await composeOn(tree, request, recorded);
      return latest.drafts;
    },
    signal,
  );
  if (!latest) throw new Error('published what was never composed');
  if (pushed.kind === 'foreign') throw foreign(branch, pushed.author);
  if (pushed.kind === 'void') return reportOf(latest, 'unchanged');
  // Asked again: another build may have opened it meanwhile.
  const present = await forge.pullRequests.find(writeBranch, head.branch, signal);
  const open = present.find(({ state }) => state === 'open');
  const overtaken = overtakenBy(request, latest, open);
  if (overtaken.length > 0)
    return { ...reportOf(latest, 'superseded', { branch: writeBranch }), files: [], superseded: overtaken };
  const draft = draftOf(request, branch, setting, latest, forge);
  const saved = await forge.pullRequests.save(draft, open, signal);
  const { url: pullRequestURL } = saved.request;
  const report = reportOf(latest, 'pull-request', { branch: writeBranch, commit: pushed.commit, pullRequestURL });
  return { ...report, remarks: [...report.remarks, ...saved.remarks] };
}

/** What a newer build has put into the request since ours was pushed, and so onto the branch as well. */
function overtakenBy(
  { order, force }: RepositoryRequest,
  { plan }: ComposedPlan,
  open: PullRequest | undefined,
): readonly SupersededField[] {
  if (order === undefined || force) return [];
  return supersededFields(changedFields(plan), order, ordersOf(open?.body ?? '', order.scope));
}

/** What stays the same from build to build. */
function groupOf({ paths }: SetImageRequest): string {
  const parts = paths.map(({ path, images }) => `${images.map(({ name }) => name).join(' ')} in ${path || '.'}`);
  return `set-image ${[...new Set(parts)].sort().join(', ')}`;
}

/** The greatest of what the base, the request's branch and its requests say. */
function recordedOrders(
  { writeBranch, ...base }: OwnedBranchRef,
  scope: string,
  found: readonly PullRequest[],
  git: GitLog & BranchList,
  signal: AbortSignal,
): RecordedOrders {
  const read = (branch: string, fields: readonly OrderedField[]) =>
    newestOrders(git.log({ ...base, branch }, signal), scope, fields);
  return async (fields) => {
    const proposed = await git.present(base, [writeBranch], signal);
    const branches = [base.branch, ...proposed];
    const places = await Promise.all(branches.map((branch) => read(branch, fields)));
    const all = [...places, ...found.map(({ body }) => ordersOf(body, scope))];
    const known = fields.map(orderKey).map((key) => [key, all.flatMap((orders) => orders.get(key) ?? [])] as const);
    return new Map(known.flatMap(([key, numbers]) => (numbers.length === 0 ? [] : [[key, Math.max(...numbers)]])));
  };
}

function draftOf(
  { order }: RepositoryRequest,
  { writeBranch, branch }: OwnedBranchRef,
  { labels, reviewers, assignees, draft }: ProposalSetting,
  { plan, drafts }: ComposedPlan,
  { mostBody }: Pick<Forge, 'mostBody'>,
): PullRequestDraft {
  return {
    head: writeBranch,
    base: branch,
    title: proposalTitle(drafts[0]?.message ?? ''),
    body: requestBody({ fields: changedFields(plan), order }, mostBody),
    labels,
    reviewers,
    assignees,
    isDraft: draft,
  };
}

function foreign({ repoURL, writeBranch }: OwnedBranchRef, author: string): Failure {
  const message = `the branch has commits of others (${author}), so that it is not touched`;
  return new Failure('PULL_REQUEST_BLOCKED', message, {
    fix: 'merge or close the request, or take the commits off the branch',
    object: describeBranch(repoURL, writeBranch),
  });
}
