import type { Operation } from '../../core/edits/draft.ts';
import type { YamlFile } from '../../core/edits/yaml-file.ts';
import type { FieldChange } from '../../core/set-image-report.ts';
import type { EditProblem } from '../../core/target.ts';
import type { ImageArgument } from './image-argument.ts';
import type { NameMatch } from './name-match.ts';

/** What setting images comes to in one kind of file. */
export interface FilePlan {
  readonly operations: readonly Operation[];
  /** Every field that is meant; those that say what is wanted already have the same `from` and `to`. */
  readonly fields: readonly FieldChange[];
  /** The arguments that found something to set. */
  readonly found: ReadonlySet<ImageArgument>;
  /** What is there, as a person would write it, for whoever found nothing. */
  readonly present: readonly string[];
  /** What a person should know of, as sentences without a full stop. */
  readonly remarks: readonly string[];
  /** Why nothing can be set; there are no operations then. */
  readonly problem?: EditProblem;
  /** Why nothing is found and what to do about it, where `present` does not say so. */
  readonly missing?: { readonly message: string; readonly fix: string };
  /** Whether a text says what is wanted. */
  says(after: YamlFile): boolean;
}

/** Keys of Helm values, or names of Helm parameters, that state an image. */
export interface ValueKeys {
  readonly name?: string;
  readonly tag?: string;
  /** The key of the whole image. */
  readonly spec?: string;
}

/** One place where images are to be set. */
export interface PathRequest {
  /** A file or a folder of the tree. */
  readonly path: string;
  /** Never empty. */
  readonly images: readonly ImageArgument[];
  readonly keys: ValueKeys;
  /** Only containers of this name, in manifests. */
  readonly container?: string;
}

/** One kind of file: what has to be done so that it says the images. */
export type FileKind = (yaml: YamlFile, request: PathRequest, matches: NameMatch) => FilePlan;

const NOTHING: Omit<FilePlan, 'says'> = { operations: [], fields: [], found: new Set(), present: [], remarks: [] };

export function refusedPlan(problem: EditProblem): FilePlan {
  return { ...NOTHING, problem, says: () => false };
}

/** Where an argument finds nothing. */
export function emptyPlan(present: readonly string[], missing?: FilePlan['missing']): FilePlan {
  return { ...NOTHING, present, ...(missing ? { missing } : {}), says: () => true };
}

/** Several parts of one file together; the first problem stops all of them. */
export function joinPlans(plans: readonly FilePlan[]): FilePlan {
  const stopped = plans.find(({ problem }) => problem);
  if (stopped) return stopped;
  const missing = plans.find((plan) => plan.missing)?.missing;
  return {
    operations: plans.flatMap(({ operations }) => operations),
    fields: plans.flatMap(({ fields }) => fields),
    found: new Set(plans.flatMap(({ found }) => [...found])),
    present: plans.flatMap(({ present }) => present),
    remarks: plans.flatMap(({ remarks }) => remarks),
    ...(missing ? { missing } : {}),
    says: (after) => plans.every((plan) => plan.says(after)),
  };
}

export function hasKeys({ keys }: PathRequest): boolean {
  return Object.keys(keys).length > 0;
}
