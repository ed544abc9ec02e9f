import type { YamlBounds } from '../../core/bounded-yaml.ts';
import { type Editor, editText, parseForEdit, planned } from '../../core/edits/edit-text.ts';
import { decodeText } from '../../core/edits/text-file.ts';
import { openYaml, type YamlFile } from '../../core/edits/yaml-file.ts';
import { Failure } from '../../core/failure.ts';
import { parsed } from '../../core/parsed.ts';
import type { FieldChange } from '../../core/set-image-report.ts';
import type { EditProblem } from '../../core/target.ts';
import type { FileTree } from '../../ports/file-tree.ts';
import type { FileKind, FilePlan, PathRequest } from './file-plan.ts';
import { doubtsAbout, type ImageArgument } from './image-argument.ts';
import { kindOfFile, noKind } from './kinds/file-kinds.ts';
import { type LocatedFile, locateFiles } from './locate-files.ts';
import { type NameMatch, nameMatch } from './name-match.ts';
import { checkFound, type Looked } from './nothing-found.ts';

/** What `tiphys set-image` is asked for, without a word about where the tree is. */
export interface SetImageRequest {
  readonly paths: readonly PathRequest[];
  /** Whether an argument, or a path, may find nothing to set. */
  readonly allowMissing: boolean;
}

/** A file that states an image that is meant. */
export interface PlannedFile {
  readonly path: string;
  readonly before: string;
  /** The same text when it says all of it already. */
  readonly after: string;
  /** Only those fields that come to say something else. */
  readonly changes: readonly FieldChange[];
  /** The arguments that found something to set there. */
  readonly images: readonly ImageArgument[];
}

export interface SetImagePlan {
  /** Each file once, in the order in which they were met. */
  readonly files: readonly PlannedFile[];
  /** What a person should know of, as sentences without a full stop. */
  readonly remarks: readonly string[];
}

/**
 * What setting images comes to: every file before and after. Nothing is written. Asked again of what came out, it
 * changes nothing.
 * @throws {Failure} TARGET_NOT_FOUND, TARGET_UNREADABLE, TARGET_REFUSED, TARGET_CONFLICT, IMAGE_NOT_FOUND, and what
 *   `tree` throws
 */
export async function planSetImage({ paths, allowMissing }: SetImageRequest, tree: FileTree): Promise<SetImagePlan> {
  const files = new Map<string, PlannedFile>();
  const looked: Looked[] = [];
  const passedOver: string[] = [];
  const remarks: string[] = paths.flatMap(({ images }) => images.flatMap(doubtsAbout));
  const matches = await nameMatch(paths.flatMap(({ images }) => images));
  // All at once, because what a tree is asked for at once travels together.
  const places = await Promise.all(
    paths.map(async (request) => ({ request, located: await locateFiles(request, tree) })),
  );
  for (const { request, located } of places) {
    for (const file of located.files) {
      const opened = openFile(file, files.get(file.path), request);
      if (opened.kind === 'closed') {
        // What lies beside the manifests of a folder may be anything, such as a chart's template.
        if (!located.isFolder) throw opened.failure;
        looked.push(...unaskedValues(file, request, opened.failure));
        if (opened.isBroken) passedOver.push(`${file.path} was passed over: ${opened.failure.message}`);
        continue;
      }
      const plan = planFile(opened, request, matches);
      // Not the whole plan, which holds the parsed file.
      looked.push({ request, found: plan.found, present: plan.present, missing: plan.missing });
      remarks.push(...plan.remarks);
      if (plan.found.size > 0) files.set(file.path, editFile(opened, plan));
    }
  }
  if (!allowMissing) checkFound(paths, looked, passedOver);
  return { files: [...files.values()], remarks: [...new Set([...passedOver, ...remarks])] };
}

/** Helm values in a folder, of which no key was named. */
function unaskedValues({ path }: LocatedFile, request: PathRequest, { fix: advice }: Failure): readonly Looked[] {
  const isValues = /(?:^|\/)values\.ya?ml$/.test(path);
  return isValues ? [{ request, found: new Set(), present: [], missing: undefined, advice }] : [];
}

interface OpenFile {
  readonly kind: 'open';
  readonly path: string;
  readonly yaml: YamlFile;
  readonly fileKind: FileKind;
  /** What an earlier request has made of it. */
  readonly edited: PlannedFile | undefined;
}

/** For files that a pipeline names itself, rendered manifests among them: some 280,000 lines, and a gigabyte of memory. */
const BOUNDS: YamlBounds = { lexemes: 2_000_000 };

type Opened = OpenFile | { readonly kind: 'closed'; readonly failure: Failure; readonly isBroken: boolean };

function openFile({ path, bytes }: LocatedFile, edited: PlannedFile | undefined, request: PathRequest): Opened {
  const text = edited ? parsed(edited.after) : decodeText(bytes);
  const yaml = text.ok ? openYaml(text.value, BOUNDS) : text;
  if (!yaml.ok) {
    const fix = 'correct the file, or name another one';
    const message = `it cannot be read as YAML: ${yaml.problem}`;
    return { kind: 'closed', failure: failureOf(path, { code: 'TARGET_UNREADABLE', message, fix }), isBroken: true };
  }
  const fileKind = kindOfFile(path, yaml.value, request);
  if (fileKind) return { kind: 'open', path, yaml: yaml.value, fileKind, edited };
  return { kind: 'closed', failure: failureOf(path, noKind(yaml.value)), isBroken: false };
}

/** @throws {Failure} for what stands in the way */
function planFile({ path, yaml, fileKind }: OpenFile, request: PathRequest, matches: NameMatch): FilePlan {
  try {
    const plan = fileKind(yaml, request, matches);
    if (plan.problem) throw failureOf(path, plan.problem);
    return plan;
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    const message = 'it is nested too deeply, or its aliases unfold without end';
    throw failureOf(path, { code: 'TARGET_UNREADABLE', message, fix: 'write its aliases out' });
  }
}

/** @throws {Failure} when the text cannot be made to say it without saying something else as well */
function editFile({ path, yaml, edited }: OpenFile, plan: FilePlan): PlannedFile {
  const { text: after, problems } = editText(editor, { yaml }, [plan]);
  const problem = problems.get(0);
  if (problem) throw failureOf(path, problem);
  const images = [...new Set([...(edited?.images ?? []), ...plan.found])];
  return { path, before: edited?.before ?? yaml.text, after, changes: changesOf(edited, plan), images };
}

const editor: Editor<{ readonly yaml: YamlFile }, FilePlan> = {
  parse: (text) => parseForEdit(text, BOUNDS),
  plan: (_file, { operations }) => planned(operations),
  says: ({ yaml }, plan) => plan.says(yaml),
};

function failureOf(object: string, { code, message, fix }: EditProblem): Failure {
  return new Failure(code, message, { fix, object });
}

/** From what the file said at first to what it says in the end. */
function changesOf(edited: PlannedFile | undefined, plan: FilePlan): readonly FieldChange[] {
  const changes = new Map(edited?.changes.map((change) => [change.field, change]));
  for (const { field, from, to } of plan.fields) {
    const before = changes.get(field);
    changes.set(field, { field, from: before ? before.from : from, to });
  }
  return [...changes.values()].filter(({ from, to }) => from !== to);
}
