import type { Source } from '../core/applications/application.ts';
import { readChanges } from '../core/commits/change-trailer.ts';
import { type Problem, toProblem } from '../core/failure.ts';
import { type HistoryEntry, type HistoryQuestion, type HistoryReport, isAskedFor } from '../core/history.ts';
import { shownRepoURL } from '../core/redact.ts';
import type { TrackedImage } from '../core/tracked-image.ts';
import type { BranchRef, GitLog } from '../ports/git.ts';
import { targetBranches } from './locate.ts';

// Clocks differ: a commit is now and then older than those before it.
const OLD_IN_A_ROW = 20;

/**
 * The newest changes that the trailers of some branches record. A branch that cannot be read is a failure of its own.
 */
export async function readHistory(
  branches: readonly BranchRef[],
  question: HistoryQuestion,
  git: GitLog,
  signal: AbortSignal,
): Promise<Pick<HistoryReport, 'entries' | 'failures'>> {
  const read = await Promise.allSettled(branches.map((branch) => readBranch(branch, question, git, signal)));
  signal.throwIfAborted();
  const failures: Problem[] = read.flatMap((result, index) =>
    result.status === 'rejected' ? [toProblem(shownRepoURL(branches[index]?.repoURL ?? ''), result.reason)] : [],
  );
  const entries = read
    .flatMap((result) => (result.status === 'fulfilled' ? result.value : []))
    .toSorted((a, b) => (a.committedAt < b.committedAt ? 1 : a.committedAt > b.committedAt ? -1 : 0));
  return { entries: entries.slice(0, question.most), failures };
}

async function readBranch(
  ref: BranchRef,
  question: HistoryQuestion,
  git: GitLog,
  signal: AbortSignal,
): Promise<readonly HistoryEntry[]> {
  const where = { repoURL: shownRepoURL(ref.repoURL), branch: ref.branch === '' ? 'HEAD' : ref.branch };
  const found: HistoryEntry[] = [];
  let old = 0;
  for await (const { message, ...commit } of git.log(ref, signal)) {
    old = isOlder(commit.committedAt, question.sinceMs) ? old + 1 : 0;
    if (old > OLD_IN_A_ROW) break;
    if (old > 0) continue;
    const changes = readChanges(message).filter((change) => isAskedFor(change, question));
    found.push(...changes.map((change) => ({ ...change, ...commit, ...where })));
    if (found.length >= question.most) break;
  }
  return found;
}

function isOlder(committedAt: string, sinceMs: number | undefined): boolean {
  return sinceMs !== undefined && Date.parse(committedAt) < sinceMs;
}

/**
 * The branches that images are written to, each once: where several sources could be meant, those of all of them. A
 * proposal is no history yet, so that a write branch counts for nothing here.
 */
export function historyBranches(images: readonly TrackedImage[]): readonly BranchRef[] {
  const branches = images.flatMap((image) => {
    const { sources } = image.application;
    const { repoURL } = image.writeBack;
    const isMeant = ({ name }: Source, index: number) => [undefined, name, String(index)].includes(image.source);
    return sources
      .filter((source, index) => isMeant(source, index) && (repoURL !== undefined || source.chart === undefined))
      .flatMap((source) => targetBranches(image, source))
      .map(({ writeBranch: _, ...base }): BranchRef => base);
  });
  return [...new Map(branches.map((branch) => [JSON.stringify(branch), branch])).values()];
}
