import { realpath } from 'node:fs/promises';
import { relative, resolve, sep } from 'node:path';
import { newestOrders } from '../../../core/build-order.ts';
import { parseBranch } from '../../../core/commits/branch-name.ts';
import type { Author } from '../../../core/commits/commit-author.ts';
import { Failure } from '../../../core/failure.ts';
import type { Sleep } from '../../../git/pause.ts';
import { type Try, untilNotRaced } from '../../../git/races.ts';
import type { Checkout } from '../../../ports/checkout.ts';
import { type LocalFiles, openLocalFiles } from '../local-files.ts';
import { commitText } from '../repository/commit-text.ts';
import { changedFields, type OrderedPlan, planInOrder } from '../repository/ordered-plan.ts';
import {
  changedFiles,
  type RepositoryReport,
  type RepositoryRequest,
  skipCiOf,
} from '../repository/set-in-repository.ts';
import type { PlannedFile, SetImageRequest } from '../set-image.ts';
import { readRequest } from '../set-image-request.ts';

/** Images to be set in a checkout. */
export interface CheckoutRequest extends Omit<RepositoryRequest, 'branch'> {
  /** The branch that is pushed; "" for the one that is checked out, or that the CI builds. */
  readonly branch: string;
  readonly author: Author;
  readonly pushes: boolean;
}

/** Time and chance. */
export interface Around {
  readonly random: () => number;
  readonly sleep: Sleep;
}

/**
 * Sets images in the files of a checkout, and commits these files alone; pushes as often as somebody else is faster,
 * from the new head each time. What cannot be pushed is taken back.
 * @param cwd  a folder of the checkout, from which paths count
 * @throws {Failure} CHECKOUT_DIRTY, CHECKOUT_UNUSABLE, GIT_CONFLICT, GIT_PUSH_REFUSED, and what `planSetImage` throws
 */
export async function setInCheckout(
  request: CheckoutRequest,
  checkout: Checkout,
  cwd: string,
  around: Around,
  signal: AbortSignal,
): Promise<RepositoryReport> {
  const work: Work = {
    request,
    checkout,
    branch: branchOf(request, checkout),
    images: await requestIn(request, checkout, cwd),
    files: openLocalFiles(checkout.root),
    signal,
  };
  return await untilNotRaced(around, checkout.repoURL ?? checkout.root, () => setOnce(work), signal);
}

interface Work {
  readonly request: CheckoutRequest;
  readonly checkout: Checkout;
  /** The branch that is written; undefined for a commit on a detached HEAD that goes nowhere. */
  readonly branch: string | undefined;
  /** By paths from the checkout's root. */
  readonly images: SetImageRequest;
  readonly files: LocalFiles;
  readonly signal: AbortSignal;
}

function branchOf({ branch, ci, pushes }: CheckoutRequest, checkout: Checkout): string | undefined {
  const named = branch || checkout.branch || ci?.branch;
  if (!pushes) return named;
  if (named === undefined) {
    const more = { fix: 'name it with --branch', object: checkout.root };
    throw new Failure('CHECKOUT_UNUSABLE', 'no branch is checked out, so that none can be pushed', more);
  }
  const valid = parseBranch(named);
  if (valid.ok) return valid.value;
  throw new Failure('GIT_REF_INVALID', valid.problem, { fix: 'correct --branch' });
}

/** What is asked for, by paths from the checkout's root. */
async function requestIn({ images }: CheckoutRequest, { root }: Checkout, cwd: string): Promise<SetImageRequest> {
  const real = await realpath(cwd);
  const { paths, allowMissing } = await readRequest(images, openLocalFiles(cwd));
  return {
    paths: paths.map((one) => ({ ...one, path: pathBelow(root, resolve(real, one.path), one.path) })),
    allowMissing,
  };
}

function pathBelow(root: string, path: string, shown: string): string {
  const parts = relative(root, path).split(sep);
  if (parts[0] !== '..' && !parts.includes('.git')) return parts.join('/');
  const fix = 'name a file or folder of the checkout';
  throw new Failure('TARGET_OUTSIDE_REPOSITORY', 'it is not in the checkout', { fix, object: shown });
}

async function setOnce(work: Work): Promise<Try<RepositoryReport>> {
  const { request, checkout, branch, images, files, signal } = work;
  const { order, force, dryRun, pushes } = request;
  const base = await checkout.head(signal);
  const plan = await planInOrder(images, files, force ? undefined : order, (fields) =>
    newestOrders(checkout.log(branch, signal), order?.scope ?? '', fields),
  );
  await refuseDirty(plan, work);
  const changes = changedFields(plan).length > 0;
  const idle = plan.superseded.length > 0 ? 'superseded' : 'unchanged';
  if (dryRun) return done(plan, { outcome: changes ? 'planned' : idle, commit: base, branch });
  const commit = changes ? await commitFiles(plan, work) : base;
  // Also what says it already: the checkout may be older than the branch, or have a commit that was never pushed.
  const raced = pushes && branch !== undefined ? await pushOrTakeBack(checkout, branch, base, signal) : undefined;
  return raced ?? done(plan, { outcome: changes ? 'committed' : idle, commit, branch });
}

function done(plan: OrderedPlan, result: Omit<RepositoryReport['result'], 'pullRequestURL'>): Try<RepositoryReport> {
  const { files, superseded, remarks } = plan;
  return { kind: 'done', value: { result: { ...result, pullRequestURL: undefined }, files, superseded, remarks } };
}

/** Also where nothing would change: a file that only here says it already is not what others get. */
async function refuseDirty({ files }: OrderedPlan, { checkout, signal }: Work): Promise<void> {
  if (files.length === 0) return;
  const dirty = await checkout.dirty(await realPaths(files, checkout), signal);
  if (dirty.length === 0) return;
  throw new Failure('CHECKOUT_DIRTY', `${dirty.join(', ')} has changes that are not committed`, {
    fix: 'commit them, or take them back, before images are set there',
    object: checkout.root,
  });
}

/** Where the files lie that are edited: git takes a symbolic link for a file of its own. */
async function realPaths(files: readonly PlannedFile[], { root }: Checkout): Promise<readonly string[]> {
  return await Promise.all(files.map(async ({ path }) => pathBelow(root, await realpath(resolve(root, path)), path)));
}

async function commitFiles(plan: OrderedPlan, work: Work): Promise<string> {
  const { request, checkout, branch, images, files, signal } = work;
  const { order, message, author } = request;
  const changed = changedFiles(plan);
  const text = commitText({
    images: [...new Set(images.paths.flatMap((path) => path.images))],
    fields: changedFields(plan),
    order,
    message,
    skipCi: branch === undefined ? undefined : skipCiOf(request, { repoURL: checkout.repoURL ?? '', branch }),
  });
  for (const { path, before, after } of changed) await files.write(path, before, after);
  try {
    return await checkout.commit(await realPaths(changed, checkout), text, author, signal);
  } catch (error) {
    for (const { path, before, after } of changed) await files.write(path, after, before);
    throw error;
  }
}

/** @returns that somebody else was faster; the checkout is on the new head then, without our commit */
async function pushOrTakeBack(
  checkout: Checkout,
  branch: string,
  base: string,
  signal: AbortSignal,
): Promise<Extract<Try<never>, { kind: 'raced' }> | undefined> {
  try {
    const pushed = await checkout.push(branch, signal);
    if (pushed.kind === 'pushed') return undefined;
    await checkout.catchUp(branch, base, signal);
    return pushed;
  } catch (error) {
    // Otherwise the next run would find that the files say it already, and that there is nothing to push.
    await checkout.takeBack(base, AbortSignal.timeout(TAKE_BACK_MS));
    throw error;
  }
}

const TAKE_BACK_MS = 60_000;
