import type { Change } from '../core/change.ts';
import { type Problem, toProblem } from '../core/failure.ts';
import type { CommitReport, FileReport } from '../core/report.ts';
import type { TargetKind } from '../core/target.ts';
import { unifiedDiff } from '../core/unified-diff.ts';
import type { Git, PushResult } from '../ports/git.ts';
import { type Composition, compose, type Fate, type Grouping } from './compose.ts';
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
}

export interface Writer {
  readonly git: Git;
  readonly kinds: readonly TargetKind[];
  readonly grouping: Grouping;
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
  };
}

/** Changes that share a push: the same repository and branch, with the same right to write there. */
function branchOf({ place: { branch, target } }: PlacedChange): string {
  return JSON.stringify([branch.repoURL, target.branch, branch.secret, branch.project]);
}

async function writeBranch(
  changes: readonly PlacedChange[],
  { git, kinds, grouping, dryRun }: Writer,
  signal: AbortSignal,
): Promise<Written> {
  const [first] = changes;
  if (!first) return { files: [], commits: [], fates: new Map(), failed: new Map() };
  const { branch, tree, target } = first.place;
  let composition: Composition | undefined;
  try {
    let pushed: PushResult | undefined;
    if (dryRun) composition = await compose(tree, changes, kinds, grouping);
    else {
      pushed = await git.push(
        branch,
        async (head) => {
          composition = await compose(head, changes, kinds, grouping);
          return composition.drafts;
        },
        signal,
      );
    }
    const where = { repoURL: branch.repoURL, branch: target.branch };
    return {
      files: (composition?.files ?? []).map(({ path, before, after }) => ({
        ...where,
        path,
        diff: unifiedDiff(path, before, after),
      })),
      commits: pushed?.kind === 'pushed' ? pushed.commits.map((commit) => ({ ...where, ...commit })) : [],
      fates: composition?.fates ?? new Map(),
      failed: new Map(),
    };
  } catch (error) {
    const problem = toProblem(`${branch.repoURL} (${target.branch})`, error);
    return { files: [], commits: [], fates: new Map(), failed: new Map(changes.map((change) => [change, problem])) };
  }
}
