import { type Application, applicationId } from '../core/applications/application.ts';
import type { Change } from '../core/change.ts';
import type { CommittedChange, TemplatedMessage } from '../core/commits/commit-message.ts';
import { Failure } from '../core/failure.ts';
import { formatVersion, sameVersion } from '../core/image-version.ts';
import type { EditProblem, TargetKind, WantedImage } from '../core/target.ts';
import type { CommitDraft, Tree } from '../ports/git.ts';
import { readTarget } from './trees.ts';

/** What became of one change on one head. */
export type Fate =
  | { readonly kind: 'applied' }
  /** The target says the wanted version already. */
  | { readonly kind: 'void' }
  /** Somebody else changed the target since: decided afresh, on the Application as it is now where that is the target. */
  | { readonly kind: 'superseded'; readonly says: string; readonly application?: Application }
  | { readonly kind: 'refused'; readonly problem: EditProblem };

interface ComposedFile {
  readonly path: string;
  readonly before: string | undefined;
  readonly after: string;
}

/** A commit to be made, and the changes that it carries. */
interface ComposedDraft extends CommitDraft {
  readonly changes: readonly Change[];
}

/** The commits that changes make of one head; made anew on every new head. */
export interface Composition {
  readonly drafts: readonly ComposedDraft[];
  /** Each changed file once, from the head to the last draft. */
  readonly files: readonly ComposedFile[];
  readonly fates: ReadonlyMap<Change, Fate>;
  /** Templates that failed, so that a commit has only the fall-back text. */
  readonly problems: TemplatedMessage['problems'];
}

/** Words a commit; a template of the user's may fail for single Applications. */
export type Wording = (changes: readonly CommittedChange[]) => TemplatedMessage;

type Grouping = 'branch' | 'application';

/** How changes become commits. */
export interface Composing {
  readonly kinds: readonly TargetKind[];
  readonly grouping: Grouping;
  readonly wording: Wording;
}

/**
 * A pure function of the tree: reads its files, edits them in memory, writes nothing.
 * @param cycles the changes of each cycle; those of a later one meet what an earlier one has written, as if it had been
 * pushed already: the same change again is void, another one of the same place is superseded
 */
export async function compose(
  tree: Tree,
  cycles: readonly (readonly Change[])[],
  { kinds, grouping, wording }: Composing,
): Promise<Composition> {
  const changes = cycles.flat();
  const cycleOf = new Map(cycles.flatMap((own, index) => own.map((change) => [change, index])));
  const before = await readTargets(tree, changes);
  const now = new Map(before.texts);
  const fates = new Map<Change, Fate>(before.refused);
  const drafts: (ComposedDraft & TemplatedMessage)[] = [];
  for (const group of groupChanges(changes, grouping)) {
    const readable = group.filter((change) => !before.refused.has(change));
    for (const own of Map.groupBy(readable, (change) => cycleOf.get(change)).values()) {
      for (const [change, fate] of editFiles(now, own, kinds)) fates.set(change, fate);
    }
    const applied = group.filter((change) => fates.get(change)?.kind === 'applied');
    if (applied.length === 0) continue;
    drafts.push({ ...wording(applied.map(committed)), files: filesOf(applied, now), changes: applied });
  }
  const problems = drafts.flatMap((draft) => draft.problems);
  return { drafts, fates, files: changedFiles(before.texts, now), problems };
}

function groupChanges(changes: readonly Change[], grouping: Grouping): readonly (readonly Change[])[] {
  if (grouping === 'branch') return [changes];
  const groups = Map.groupBy(changes, ({ tracked: { application } }) => applicationId(application));
  return [...groups.values()];
}

type Texts = Map<string, string | undefined>;

/** All files at once, so that they travel together. What cannot be read refuses its own changes only. */
async function readTargets(
  tree: Tree,
  changes: readonly Change[],
): Promise<{ texts: Texts; refused: Map<Change, Fate> }> {
  const texts: Texts = new Map();
  const refused = new Map<Change, Fate>();
  const byPath = Map.groupBy(changes, (change) => change.target.path);
  await Promise.all(
    [...byPath].map(async ([path, affected]) => {
      try {
        texts.set(path, await readTarget(tree, path));
      } catch (error) {
        for (const change of affected) refused.set(change, refusal(error));
      }
    }),
  );
  return { texts, refused };
}

function refusal(error: unknown): Fate {
  if (!(error instanceof Failure)) throw error;
  return { kind: 'refused', problem: { code: error.code, message: error.message, fix: error.fix } };
}

function editFiles(texts: Texts, changes: readonly Change[], kinds: readonly TargetKind[]): Map<Change, Fate> {
  const fates = new Map<Change, Fate>();
  for (const sameFile of Map.groupBy(changes, ({ target }) => `${target.kind} ${target.path}`).values()) {
    const [first] = sameFile;
    const kind = kinds.find(({ id }) => id === first?.target.kind);
    if (!first || !kind) continue;
    try {
      const edited = editFile(texts.get(first.target.path), kind, sameFile);
      texts.set(first.target.path, edited.text);
      for (const [change, fate] of edited.fates) fates.set(change, fate);
    } catch (error) {
      for (const change of sameFile) fates.set(change, refusal(error));
    }
  }
  return fates;
}

function editFile(
  text: string | undefined,
  kind: TargetKind,
  changes: readonly Change[],
): { text: string | undefined; fates: Map<Change, Fate> } {
  const file = kind.open(text, changes[0]?.target.path ?? '');
  const fates = new Map<Change, Fate>();
  const due = changes.filter((change) => {
    const says = file.read(change.wanted);
    if (sameVersion(says, change.stated)) return true;
    const fate: Fate = sameVersion(says, change.to)
      ? { kind: 'void' }
      : { kind: 'superseded', says: says ? formatVersion(says) : 'nothing' };
    fates.set(change, fate);
    return false;
  });
  if (due.length === 0) return { text, fates };
  const edited = file.edit(due.map((change): WantedImage => ({ ...change.wanted, version: change.to })));
  for (const [index, change] of due.entries()) {
    const problem = edited.problems.get(index);
    fates.set(change, problem ? { kind: 'refused', problem } : { kind: 'applied' });
  }
  // A file that is not there must not appear, empty, because every edit of it was refused.
  const isApplied = edited.problems.size < due.length;
  return { text: isApplied ? edited.text : text, fates };
}

/** A change as a commit's message tells it. */
export function committed({ tracked, target, from, to, provenance }: Change): CommittedChange {
  return { ...tracked, from, to, path: target.path, ...(provenance ? { provenance } : {}) };
}

function filesOf(applied: readonly Change[], texts: Texts): CommitDraft['files'] {
  const files = new Map<string, Uint8Array>();
  for (const { target } of applied) {
    const text = texts.get(target.path);
    if (text !== undefined) files.set(target.path, new TextEncoder().encode(text));
  }
  return files;
}

function changedFiles(before: Texts, after: Texts): readonly ComposedFile[] {
  return [...after]
    .flatMap(([path, text]) =>
      text === undefined || text === before.get(path) ? [] : [{ path, before: before.get(path), after: text }],
    )
    .sort((a, b) => (a.path < b.path ? -1 : 1));
}
