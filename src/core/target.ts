import type { Source } from './applications/application.ts';
import type { FailureCode } from './failure.ts';
import type { ImageVersion } from './image-version.ts';
import type { ImageName } from './reference.ts';
import type { TargetKeys } from './tracked-image.ts';

/** What states a version. */
export type Target = FileTarget | ApplicationTarget;

/** A file, found in one repository and branch. */
export interface FileTarget {
  readonly kind: 'kustomization' | 'helmvalues' | 'argocd-source';
  readonly repoURL: string;
  /** The branch that is written. */
  readonly branch: string;
  /** From the repository's root, cleaned, without leading slash. */
  readonly path: string;
}

/** A list in the Application itself. */
export interface ApplicationTarget {
  readonly kind: 'application';
  /** "namespace/name" */
  readonly application: string;
  /** "spec.source.helm.parameters", "spec.sources[1].kustomize.images" */
  readonly path: string;
}

/** What reads a target. */
export type Tool = 'Helm' | 'Kustomize' | 'Plugin';

/** An image as a target is asked about it. */
export interface TargetImage {
  readonly image: ImageName;
  readonly keys: TargetKeys;
  /** After Argo CD's detection; decides what an override file holds. */
  readonly tool: Tool;
  /** The Application's own parameters, images and variables, which an override file replaces as a whole. */
  readonly source: Source;
  /** The image's name as the manifests write it ("nginx" for docker.io/library/nginx), when a reader found it there. */
  readonly usedAs?: string;
}

/** An image and the version that its target shall say. */
export interface WantedImage extends TargetImage {
  readonly version: ImageVersion;
}

/** What stands in the way of one edit; the object is the caller's to name. */
export interface EditProblem {
  readonly code: FailureCode;
  readonly message: string;
  readonly fix: string;
}

/** The text after all edits that could be made, and what stood in the way of the others, by index of `wanted`. */
export interface Edited {
  readonly text: string;
  readonly problems: ReadonlyMap<number, EditProblem>;
}

/** A target's text, parsed once for any number of images. */
export interface TargetFile {
  /** The version this file states for the image; undefined when it states none. */
  read(image: TargetImage): ImageVersion | undefined;
  /** Edits that touch the values and nothing else; a file that says all of it already comes back unchanged. */
  edit(wanted: readonly WantedImage[]): Edited;
}

/** One member of the open set of targets. */
export interface TargetKind {
  readonly id: FileTarget['kind'];
  /**
   * @param text the file's text with its byte order mark and line ends; undefined when there is no such file.
   * @throws {Failure} TARGET_UNREADABLE, TARGET_NOT_FOUND (where this kind never creates its file)
   */
  open(text: string | undefined, path: string): TargetFile;
}
