import { setTimeout as sleep } from 'node:timers/promises';
import { applicationId } from '../core/applications/application.ts';
import type { Change } from '../core/change.ts';
import { Failure } from '../core/failure.ts';
import type { CommitReport } from '../core/report.ts';
import type { Git } from '../ports/git.ts';
import { type Composing, type Composition, compose } from './compose.ts';
import type { FileChange } from './items.ts';
import type { MayWrite } from './may-write.ts';

/** What a push made of the changes of one cycle, and of nobody else's. */
export interface PushedChanges {
  /** As it was pushed; a file that several cycles changed shows the changes of all. */
  readonly composition: Composition;
  readonly commits: readonly Pick<CommitReport, 'commit' | 'message'>[];
}

/**
 * Pushes changes of one branch.
 * @param changes at least one, all with the same `branchKey`
 * @throws {Failure} what Git.push throws; ABORTED as soon as the signal aborts, unless the changes are being pushed
 */
export type PushChanges = (
  changes: readonly FileChange[],
  signal: AbortSignal,
  mayWrite?: MayWrite,
) => Promise<PushedChanges>;

/** Changes that share a push: the same repository and branch, with the same right to write there. */
export function branchKey({ place: { branch, target } }: FileChange): string {
  return JSON.stringify([branch.repoURL, target.branch, branch.secret, branch.project]);
}

/** The changes of one cycle, waiting for a push. */
interface Share {
  readonly changes: readonly FileChange[];
  readonly signal: AbortSignal;
  readonly mayWrite: MayWrite | undefined;
  readonly outcome: PromiseWithResolvers<PushedChanges>;
  /** Part of what is being pushed: what becomes of it can only be waited for. */
  isComposed: boolean;
}

/**
 * One writer for each branch, shared by all cycles of this process: what cycles want to write while a push of the same
 * branch is in flight, or within `collectMs` before one, goes into one commit and one push. Branches do not wait for
 * each other, and a cycle that is stopped takes its own changes with it, nobody else's.
 */
export function openBranchWriter(git: Git, composing: Composing, collectMs: number): PushChanges {
  const queues = new Map<string, Share[]>();
  const work = async (key: string, queue: Share[]) => {
    if (collectMs > 0) await sleep(collectMs);
    while (queue.length > 0) await pushShares(git, composing, queue.splice(0));
    queues.delete(key);
  };
  return async (changes, signal, mayWrite) => {
    const [first] = changes;
    if (!first || signal.aborted) throw stopped();
    const share: Share = { changes, signal, mayWrite, outcome: Promise.withResolvers(), isComposed: false };
    const leave = () => {
      if (!share.isComposed) share.outcome.reject(stopped());
    };
    signal.addEventListener('abort', leave, { once: true });
    const key = branchKey(first);
    const queue = queues.get(key);
    if (queue) queue.push(share);
    else void work(key, queues.getOrInsert(key, [share]));
    try {
      return await share.outcome.promise;
    } finally {
      signal.removeEventListener('abort', leave);
    }
  };
}

/** One push for all of them; settles every share and never throws. */
async function pushShares(git: Git, composing: Composing, shares: readonly Share[]): Promise<void> {
  const branch = shares[0]?.changes[0]?.place.branch;
  if (!branch) return;
  const stop = new AbortController();
  const stopUnlessWanted = () => {
    if (shares.every(({ signal }) => signal.aborted)) stop.abort();
  };
  for (const { signal } of shares) signal.addEventListener('abort', stopUnlessWanted);
  stopUnlessWanted();
  let composition = NOTHING;
  try {
    const result = await git.push(
      branch,
      async (tree) => {
        const wanted = stillWanted(shares);
        await Promise.all([...new Set(wanted.map(({ mayWrite }) => mayWrite))].map((ask) => ask?.(stop.signal)));
        const cycles = wanted.map(({ changes }) => changes);
        composition = await compose(tree, cycles, composing);
        return composition.drafts;
      },
      stop.signal,
    );
    const commits = result.kind === 'pushed' ? result.commits : [];
    for (const { outcome, changes } of shares) outcome.resolve(partOf(changes, composition, commits));
  } catch (error) {
    for (const { outcome } of shares) outcome.reject(error);
  } finally {
    for (const { signal } of shares) signal.removeEventListener('abort', stopUnlessWanted);
  }
}

/** Those that were stopped since the last try are turned away, and not part of this one. */
function stillWanted(shares: readonly Share[]): readonly Share[] {
  for (const share of shares) {
    share.isComposed = !share.signal.aborted;
    if (!share.isComposed) share.outcome.reject(stopped());
  }
  return shares.filter(({ isComposed }) => isComposed);
}

const NOTHING: Composition = { drafts: [], files: [], fates: new Map(), problems: [] };

function partOf(
  changes: readonly FileChange[],
  { drafts, files, fates, problems }: Composition,
  commits: PushedChanges['commits'],
): PushedChanges {
  const own = new Set<Change>(changes);
  const applications = new Set(changes.map(({ tracked }) => applicationId(tracked.application)));
  const ownDrafts = drafts.filter((draft) => draft.changes.some((change) => own.has(change)));
  const written = ownDrafts.flatMap((draft) => draft.changes).filter((change) => own.has(change));
  const paths = new Set(written.map(({ target }) => target.path));
  const messages = new Set(ownDrafts.map(({ message }) => message));
  return {
    composition: {
      drafts: ownDrafts,
      files: files.filter(({ path }) => paths.has(path)),
      fates: new Map([...fates].filter(([change]) => own.has(change))),
      problems: problems.filter(({ application }) => applications.has(application)),
    },
    commits: commits.filter(({ message }) => messages.has(message)),
  };
}

function stopped(): Failure {
  return new Failure('ABORTED', 'stopped before the changes were pushed', { fix: 'run it again' });
}
