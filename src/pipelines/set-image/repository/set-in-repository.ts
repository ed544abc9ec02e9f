import type { BuildOrder } from '../../../core/build-order.ts';
import type { StepResult, SupersededField } from '../../../core/set-image-report.ts';
import type { BranchRef, CommitDraft, Git, GitLog, Tree } from '../../../ports/git.ts';
import type { CiEnvironment } from '../../ci/ci-environment.ts';
import { skipCiWords, startsItself, type WrittenBranch } from '../../ci/skip-ci.ts';
import type { ImageArgument } from '../image-argument.ts';
import type { PlannedFile } from '../set-image.ts';
import type { AskedImages } from '../set-image-request.ts';
import { branchOrders } from './branch-orders.ts';
import { commitText } from './commit-text.ts';
import { changedFields, type OrderedPlan, planInOrder, type RecordedOrders } from './ordered-plan.ts';
import { requestIn, treeFiles } from './tree-files.ts';

/** Images to be set in a branch of a repository. */
export interface RepositoryRequest {
  readonly branch: BranchRef;
  /** Paths count from the repository's root. */
  readonly images: AskedImages;
  /** Recorded beside what is set; undefined where builds are not compared. */
  readonly order: BuildOrder | undefined;
  /** Whether what newer builds have set is set all the same. */
  readonly force: boolean;
  /** The user's own words in place of ours. */
  readonly message: string | undefined;
  /** `auto`: where a pipeline would start itself again. */
  readonly skipCi: boolean | 'auto';
  readonly ci: CiEnvironment | undefined;
  /** Tells what would be done, and does nothing. */
  readonly dryRun: boolean;
}

/** What came of it. */
export interface RepositoryReport {
  readonly result: StepResult;
  /** Those that state an image that is meant; those that say it already among them. */
  readonly files: readonly PlannedFile[];
  readonly superseded: readonly SupersededField[];
  /** What a person should know of, as sentences without a full stop. */
  readonly remarks: readonly string[];
}

/** A plan for one head, and the commit that it comes to; no draft where nothing changes. */
export interface ComposedPlan {
  readonly tree: Tree;
  readonly plan: OrderedPlan;
  readonly images: readonly ImageArgument[];
  readonly drafts: readonly CommitDraft[];
}

/**
 * Sets images in one commit and one push, as often as somebody else is faster: the plan is made anew on every head, and
 * so is the comparison with what other builds have recorded there.
 * @throws {Failure} what `planSetImage`, `Git.push` and `GitLog.log` throw
 */
export async function setInRepository(
  request: RepositoryRequest,
  git: Git & GitLog,
  signal: AbortSignal,
): Promise<RepositoryReport> {
  const { branch, order, force, dryRun } = request;
  const recordedOn = branchOrders(git, branch, force ? undefined : order, signal);
  const compose = (tree: Tree) => composeOn(tree, request, recordedOn(tree));
  if (dryRun) return reportOf(await compose(await git.open(branch, signal)), 'planned');
  let latest: ComposedPlan | undefined;
  const pushed = await git.push(
    branch,
    async (tree) => {
      latest = await compose(tree);
      return latest.drafts;
    },
    signal,
  );
  if (!latest) throw new Error('pushed what was never composed');
  const commit = pushed.kind === 'pushed' ? pushed.commits.at(-1)?.commit : undefined;
  return reportOf(latest, 'committed', { branch: pushed.branch, ...(commit === undefined ? {} : { commit }) });
}

/** The commit that a request comes to on one head. */
export async function composeOn(
  tree: Tree,
  request: RepositoryRequest,
  recorded: RecordedOrders,
): Promise<ComposedPlan> {
  const { order, force } = request;
  const files = treeFiles(tree);
  const wanted = await requestIn(files, request.images);
  const images = [...new Set(wanted.paths.flatMap((path) => path.images))];
  const plan = await planInOrder(wanted, files, force ? undefined : order, recorded);
  const fields = changedFields(plan);
  if (fields.length === 0) return { tree, plan, images, drafts: [] };
  const skipCi = skipCiOf(request, { repoURL: request.branch.repoURL, branch: tree.branch });
  const message = commitText({ images, fields, order, message: request.message, skipCi });
  const edited = new Map(changedFiles(plan).map(({ path, after }) => [path, new TextEncoder().encode(after)]));
  return { tree, plan, images, drafts: [{ message, files: edited }] };
}

/** What the subject says where no pipeline is to start. */
export function skipCiOf(
  { skipCi, ci }: Pick<RepositoryRequest, 'skipCi' | 'ci'>,
  written: WrittenBranch,
): string | undefined {
  const skips = skipCi === 'auto' ? startsItself(ci, written) : skipCi;
  return skips ? skipCiWords(ci, written.repoURL) : undefined;
}

/** @param done  what has become of changes, if there are any */
export function reportOf(
  { tree, plan, drafts }: ComposedPlan,
  done: StepResult['outcome'],
  more: Partial<StepResult> = {},
): RepositoryReport {
  const { superseded, remarks } = plan;
  const idle = superseded.length > 0 ? 'superseded' : 'unchanged';
  return {
    result: {
      outcome: drafts.length === 0 ? idle : done,
      commit: tree.commit,
      branch: tree.branch,
      pullRequestURL: undefined,
      ...more,
    },
    files: plan.files,
    superseded,
    remarks,
  };
}

export function changedFiles({ files }: OrderedPlan): readonly PlannedFile[] {
  return files.filter(({ before, after }) => before !== after);
}
