import type { Change } from '../core/change.ts';
import { type Problem, toProblem } from '../core/failure.ts';
import type { CommitReport, FileReport } from '../core/report.ts';
import type { TargetKind } from '../core/target.ts';
import { unifiedDiff } from '../core/unified-diff.ts';
import type { Git, Tree } from '../ports/git.ts';
import { type Composition, compose, type Fate, type Grouping, type Wording } from './compose.ts';
import type { Place } from './items.ts';

/** A change with the branch it goes to and the head it was decided on. */
export interface PlacedChange extends Change {
  readonly place: Place;
}

/** What became of all changes of a cycle. */
export interface Written {
  readonly files: readonly FileReport[];
  readonly commits: readonly CommitReport[];
  readonly fates: ReadonlyMap<Change, Fate>;
  /** Changes of branches that could not be written at all. */
  readonly failed: ReadonlyMap<Change, Problem>;
  readonly warnings: readonly Problem[];
}

export interface Writer {
  readonly git: Git;
  readonly kinds: readonly TargetKind[];
  readonly grouping: Grouping;
  readonly wording: Wording;
  /** Compose on the heads that were read, and push nothing. */
  readonly dryRun: boolean;
}

/** One commit (or one for each Application) and one push for each repository and branch, side by side. */
export async function writeBack(
  changes: readonly PlacedChange[],
  writer: Writer,
  signal: AbortSignal,
): Promise<Written> {
  const branches = [...Map.groupBy(changes, branchOf).values()];
  const results = await Promise.all(branches.map((group) => writeBranch(group, writer, signal)));
  return {
    files: results.flatMap(({ files }) => files),
    commits: results.flatMap(({ commits }) => commits),
    fates: new Map(results.flatMap(({ fates }) => [...fates])),
    failed: new Map(results.flatMap(({ failed }) => [...failed])),
    warnings: results.flatMap(({ warnings }) => warnings),
  };
}

/** Changes that share a push: the same repository and branch, with the same right to write there. */
function branchOf({ place: { branch, target } }: PlacedChange): string {
  return JSON.stringify([branch.repoURL, target.branch, branch.secret, branch.project]);
}

async function writeBranch(changes: readonly PlacedChange[], writer: Writer, signal: AbortSignal): Promise<Written> {
  const [first] = changes;
  if (!first) return NOTHING;
  const { branch, tree, target } = first.place;
  const composeOn = (head: Tree) => compose(head, changes, writer.kinds, writer);
  const where = { repoURL: branch.repoURL, branch: target.branch };
  try {
    if (writer.dryRun) return written(where, await composeOn(tree), []);
    let latest: Composition | undefined;
    const pushed = await writer.git.push(
      branch,
      async (head) => {
        latest = await composeOn(head);
        return latest.drafts;
      },
      signal,
    );
    return written(where, latest, pushed.kind === 'pushed' ? pushed.commits : []);
  } catch (error) {
    const problem = toProblem(`${where.repoURL} (${where.branch})`, error);
    return { ...NOTHING, failed: new Map(changes.map((change) => [change, problem])) };
  }
}

const NOTHING: Written = { files: [], commits: [], fates: new Map(), failed: new Map(), warnings: [] };

function written(
  where: Pick<FileReport, 'repoURL' | 'branch'>,
  composition: Composition | undefined,
  commits: readonly Pick<CommitReport, 'commit' | 'message'>[],
): Written {
  if (!composition) return NOTHING;
  const { files, fates, problems } = composition;
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
