import { stringify } from 'yaml';
import type { Application } from '../core/applications/application.ts';
import { sourceField } from '../core/applications/application.ts';
import type { FieldPath } from '../core/field-path.ts';
import type { ImageVersion } from '../core/image-version.ts';
import { formatJsonPointer } from '../core/json-pointer.ts';
import type { EditProblem, TargetImage, Tool, WantedImage } from '../core/target.ts';
import { isUntyped, listAt, mappingAt, type Untyped } from '../core/untyped.ts';
import type { JsonPatchOperation } from '../ports/cluster.ts';
import { type ApplicationList, type Items, listOf } from './application-lists.ts';

/** A list of an Application that states versions: `spec.source.helm.parameters`. */
export function listField(
  application: Pick<Application, 'multiSource' | 'isHydrated'>,
  sourceIndex: number,
  tool: Tool,
): FieldPath {
  return [...sourceField(application, sourceIndex), ...listOf(tool).path];
}

/** What it takes that a list says all that could be wanted of it, and what stood in the way of the rest, by index. */
interface PatchedList {
  /** Tests first: whatever the new list was made of must still be so. Empty when nothing has to change. */
  readonly operations: readonly JsonPatchOperation[];
  readonly problems: ReadonlyMap<number, EditProblem>;
  /** The list as YAML. */
  readonly before: string;
  readonly after: string;
}

/** One list of an Application as the API has it now, for any number of images. */
export interface LiveList {
  read(image: TargetImage): ImageVersion | undefined;
  patch(wanted: readonly WantedImage[]): PatchedList;
}

/**
 * @param object the whole Application
 * @param sourceIndex one that it has
 */
export function openLiveList(
  object: Untyped,
  application: Pick<Application, 'multiSource' | 'isHydrated'>,
  sourceIndex: number,
  tool: Tool,
): LiveList {
  const kind = listOf(tool);
  const sourceAt = sourceField(application, sourceIndex);
  const source = at(object, sourceAt);
  const [block, key] = kind.path;
  const items = listAt(mappingAt(source, block), key);
  return {
    read: (image) => kind.version(items, image),
    patch(wanted) {
      const { after, problems } = settle(kind, items, wanted);
      const operations =
        after === items ? [] : [...identity(source, sourceAt), ...listOperations(source, sourceAt, kind, after)];
      return { operations, problems, before: asYaml(items), after: asYaml(after) };
    },
  };
}

function at(object: Untyped, path: FieldPath): Untyped {
  const found = path.reduce<unknown>((owner, step) => Object(owner)[step], object);
  return isUntyped(found) ? found : {};
}

/** An empty list is as good as none, and reads so. */
function asYaml(items: Items): string {
  return items.length === 0 ? '' : stringify(items, { lineWidth: 0 });
}

interface Settled {
  readonly after: Items;
  readonly problems: ReadonlyMap<number, EditProblem>;
}

/** One image after the other; one that would undo what an earlier one wants is left out. */
function settle(kind: ApplicationList, items: Items, wanted: readonly WantedImage[]): Settled {
  const accepted: WantedImage[] = [];
  const problems = new Map<number, EditProblem>();
  let after = items;
  for (const [index, one] of wanted.entries()) {
    const next = kind.change(after, one);
    if ([...accepted, one].every((earlier) => kind.change(next, earlier) === next)) {
      after = next;
      accepted.push(one);
    } else problems.set(index, CONFLICT);
  }
  return { after, problems };
}

const CONFLICT: EditProblem = {
  code: 'TARGET_CONFLICT',
  message: 'another image is written to the same place of the Application',
  fix: 'give each image its own helm.image-tag and helm.image-name, or kustomize.image-name',
};

/** One of several sources is known by what it is, because others may be put before it. */
function identity(source: Untyped, path: FieldPath): readonly JsonPatchOperation[] {
  if (typeof path.at(-1) !== 'number') return [];
  return ['repoURL', 'path', 'chart', 'name'].map((key) => testOf([...path, key], source[key]));
}

/**
 * A test for null holds for a field that is not there as well: so the API servers of Kubernetes and Argo CD have it,
 * where RFC 6902 leaves no way to test for absence.
 */
function testOf(path: FieldPath, value: unknown): JsonPatchOperation {
  return { op: 'test', path: formatJsonPointer(path), value: value ?? null };
}

function listOperations(
  source: Untyped,
  sourceAt: FieldPath,
  { path: [block, key] }: ApplicationList,
  after: Items,
): readonly JsonPatchOperation[] {
  const blockAt = [...sourceAt, block];
  const listAtPath = [...blockAt, key];
  if (!isUntyped(source[block])) return created(blockAt, source[block], { [key]: after });
  const before = source[block][key];
  return Array.isArray(before) ? itemOperations(listAtPath, before, after) : created(listAtPath, before, after);
}

function created(path: FieldPath, before: unknown, value: unknown): readonly JsonPatchOperation[] {
  return [testOf(path, before), { op: 'add', path: formatJsonPointer(path), value }];
}

/** Where items are added the whole list must be as it was: somebody else may have added the same. */
function itemOperations(path: FieldPath, before: Items, after: Items): readonly JsonPatchOperation[] {
  const edits = before.flatMap((item, index) =>
    item === after[index] ? [] : [editItem([...path, index], item, after[index])],
  );
  const added = after.slice(before.length).map((value): JsonPatchOperation => {
    return { op: 'add', path: formatJsonPointer([...path, '-']), value };
  });
  const tests = added.length > 0 ? [testOf(path, before)] : edits.flatMap((edit) => edit.tests);
  return [...tests, ...edits.flatMap((edit) => edit.changes), ...added];
}

interface ItemEdit {
  readonly tests: readonly JsonPatchOperation[];
  readonly changes: readonly JsonPatchOperation[];
}

/** A named item keeps its name, which tells that it is still the same; of the others the text is all there is. */
function editItem(path: FieldPath, before: unknown, after: unknown): ItemEdit {
  if (!isUntyped(before) || !isUntyped(after)) {
    return { tests: [testOf(path, before)], changes: [setField(path, before, after)] };
  }
  const changed = Object.keys(after).filter((field) => after[field] !== before[field]);
  return {
    tests: ['name', ...changed].map((field) => testOf([...path, field], before[field])),
    changes: changed.map((field) => setField([...path, field], before[field], after[field])),
  };
}

function setField(path: FieldPath, before: unknown, value: unknown): JsonPatchOperation {
  return { op: before === undefined ? 'add' : 'replace', path: formatJsonPointer(path), value };
}
