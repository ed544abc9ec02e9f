import type { Change } from '../core/change.ts';
import { type Problem, toProblem } from '../core/failure.ts';
import { describeBranch } from '../core/redact.ts';
import type { CommitReport, FileReport } from '../core/report.ts';
import { unifiedDiff } from '../core/unified-diff.ts';
import { branchKey, type PushChanges } from './branch-writer.ts';
import { type Composing, type Composition, compose, type Fate } from './compose.ts';
import type { FileChange } from './items.ts';

/** What became of all changes of a cycle. */
export interface Written {
  readonly files: readonly FileReport[];
  readonly commits: readonly CommitReport[];
  readonly fates: ReadonlyMap<Change, Fate>;
  /** Changes of branches that could not be written at all. */
  readonly failed: ReadonlyMap<Change, Problem>;
  readonly warnings: readonly Problem[];
}

export interface Writer extends Composing {
  /** Shared by all cycles of this process. */
  readonly pushChanges: PushChanges;
  /** Compose on the heads that were read, and push nothing. */
  readonly dryRun: boolean;
}

/** One commit (or one for each Application) and one push for each repository and branch, side by side. */
export async function writeBack(changes: readonly FileChange[], writer: Writer, signal: AbortSignal): Promise<Written> {
  const branches = [...Map.groupBy(changes, branchKey).values()];
  const results = await Promise.all(branches.map((group) => writeBranch(group, writer, signal)));
  return {
    files: results.flatMap(({ files }) => files),
    commits: results.flatMap(({ commits }) => commits),
    fates: new Map(results.flatMap(({ fates }) => [...fates])),
    failed: new Map(results.flatMap(({ failed }) => [...failed])),
    warnings: results.flatMap(({ warnings }) => warnings),
  };
}

async function writeBranch(changes: readonly FileChange[], writer: Writer, signal: AbortSignal): Promise<Written> {
  const [first] = changes;
  if (!first) return NOTHING_WRITTEN;
  const { branch, tree, target } = first.place;
  const where = { repoURL: branch.repoURL, branch: target.branch };
  try {
    if (writer.dryRun) return written(where, await compose(tree, [changes], writer), []);
    const { composition, commits } = await writer.pushChanges(changes, signal);
    return written(where, composition, commits);
  } catch (error) {
    const problem = toProblem(describeBranch(where.repoURL, where.branch), error);
    return { ...NOTHING_WRITTEN, failed: new Map(changes.map((change) => [change, problem])) };
  }
}

export const NOTHING_WRITTEN: Written = { files: [], commits: [], fates: new Map(), failed: new Map(), warnings: [] };

export function written(
  where: Pick<FileReport, 'repoURL' | 'branch'>,
  { files, fates, problems }: Composition,
  commits: readonly Pick<CommitReport, 'commit' | 'message'>[],
): Written {
  return {
    files: files.map(({ path, before, after }) => ({ ...where, path, diff: unifiedDiff(path, before, after) })),
    commits: commits.map((commit) => ({ ...where, ...commit })),
    fates,
    failed: new Map(),
    warnings: problems.map(({ application, problem }) => ({
      code: 'CONFIG_INVALID',
      object: application,
      message: `the template of commit messages failed, and the commit has the plain text: ${problem.message}`,
      fix: 'correct the template; tiphys template shows what it gives',
    })),
  };
}
