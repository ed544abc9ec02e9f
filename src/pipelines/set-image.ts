import { type Editor, editText, planned } from '../core/edits/edit-text.ts';
import { decodeText } from '../core/edits/text-file.ts';
import { openYaml, type YamlFile } from '../core/edits/yaml-file.ts';
import { Failure, type FailureCode } from '../core/failure.ts';
import { parsed } from '../core/parsed.ts';
import type { FieldChange } from '../core/set-image-report.ts';
import type { FileTree } from '../ports/file-tree.ts';
import { kindOfFile } from './file-kinds.ts';
import type { FilePlan, PathRequest } from './file-plan.ts';
import { doubtsAbout } from './image-argument.ts';
import { type LocatedFile, locateFiles } from './locate-files.ts';
import { checkFound } from './nothing-found.ts';

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
  const looked: { readonly request: PathRequest; readonly plan: FilePlan }[] = [];
  const remarks: string[] = paths.flatMap(({ images }) => images.flatMap(doubtsAbout));
  for (const request of paths) {
    const located = await locateFiles(request, tree);
    for (const file of located.files) {
      const edit = editFile(file, files.get(file.path), request);
      if (edit.kind === 'failed') {
        // What lies beside the manifests of a folder may be anything, such as a chart's template.
        if (!located.isFolder) throw edit.failure;
        remarks.push(`${file.path} was passed over: ${edit.failure.message}`);
        continue;
      }
      looked.push({ request, plan: edit.plan });
      remarks.push(...edit.plan.remarks);
      if (edit.plan.found.size > 0) files.set(file.path, edit.file);
    }
  }
  if (!allowMissing) checkFound(paths, looked);
  return { files: [...files.values()], remarks: [...new Set(remarks)] };
}

type FileEdit =
  | { readonly kind: 'edited'; readonly plan: FilePlan; readonly file: PlannedFile }
  | { readonly kind: 'failed'; readonly failure: Failure };

/** @param edited the same file after an earlier request */
function editFile({ path, bytes }: LocatedFile, edited: PlannedFile | undefined, request: PathRequest): FileEdit {
  const text = edited ? parsed(edited.after) : decodeText(bytes);
  const yaml = text.ok ? openYaml(text.value) : text;
  if (!yaml.ok) {
    const fix = 'correct the file, or name another one';
    return failed(path, { code: 'TARGET_UNREADABLE', message: `it cannot be read as YAML: ${yaml.problem}`, fix });
  }
  const kind = kindOfFile(path, yaml.value);
  if (!kind) return failed(path, NO_KIND);
  const plan = kind(yaml.value, request);
  if (plan.problem) return failed(path, plan.problem);
  const { text: after, problems } = editText(editor, { yaml: yaml.value }, [plan]);
  const problem = problems.get(0);
  if (problem) return failed(path, problem);
  const before = edited?.before ?? yaml.value.text;
  return { kind: 'edited', plan, file: { path, before, after, changes: changesOf(edited, plan) } };
}

const editor: Editor<{ readonly yaml: YamlFile }, FilePlan> = {
  parse: (text) => {
    const yaml = openYaml(text);
    return yaml.ok ? parsed({ yaml: yaml.value }) : yaml;
  },
  plan: (_file, { operations }) => planned(operations),
  says: ({ yaml }, plan) => plan.says(yaml),
};

const NO_KIND = {
  code: 'TARGET_REFUSED',
  message: 'it is no kustomization, no manifest, no Application and no override file of Argo CD',
  fix: 'for Helm values name the key, as in --key image.tag',
} as const;

function failed(path: string, problem: { code: FailureCode; message: string; fix: string }): FileEdit {
  const { code, message, fix } = problem;
  return { kind: 'failed', failure: new Failure(code, message, { fix, object: path }) };
}

/** From what the file said at first to what it says in the end. */
function changesOf(edited: PlannedFile | undefined, plan: FilePlan): readonly FieldChange[] {
  const changes = new Map(edited?.changes.map((change) => [change.field, change]));
  for (const { field, from, to } of plan.fields)
    changes.set(field, { field, from: changes.get(field)?.from ?? from, to });
  return [...changes.values()].filter(({ from, to }) => from !== to);
}
