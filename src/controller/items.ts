import { applicationId } from '../core/applications/application.ts';
import type { Change } from '../core/change.ts';
import type { Decision } from '../core/deciding/decision.ts';
import { type Problem, toProblem } from '../core/failure.ts';
import type { ImageVersion } from '../core/image-version.ts';
import { formatImageName } from '../core/reference.ts';
import type { ApplicationTarget, FileTarget, TargetImage, TargetKind } from '../core/target.ts';
import type { PolicyOrigin, TrackedImage } from '../core/tracked-image.ts';
import type { BranchRef, Tree } from '../ports/git.ts';
import type { Knowledge } from './knowledge.ts';

/** Who an item is, in the words of the report. */
export interface ItemIdentity {
  /** "namespace/name". */
  readonly application: string;
  readonly alias: string;
  readonly image: string;
  readonly strategy: string;
  /** Which rule configures it, and which others match its Application too. */
  readonly policy?: PolicyOrigin;
}

/** Where a tracked image's version is written, and what is known about it before any registry is asked. */
export type Place = FilePlace | ApplicationPlace;

interface Known {
  readonly wanted: TargetImage;
  /** What the target itself says; a change is applied only where it still says so. */
  readonly stated: ImageVersion | undefined;
  readonly knowledge: Knowledge;
}

/** A file on a branch. */
export interface FilePlace extends Known {
  readonly branch: BranchRef;
  readonly tree: Tree;
  readonly kind: TargetKind;
  readonly target: FileTarget;
  /** What the branch is read and pushed with, by name. */
  readonly credential: string;
}

/** A list in the Application itself. */
export interface ApplicationPlace extends Known {
  readonly target: ApplicationTarget;
  /** Among the Application's sources. */
  readonly sourceIndex: number;
}

export function isInFile<T extends { readonly place: Place }>(placed: T): placed is T & { readonly place: FilePlace } {
  return placed.place.target.kind !== 'application';
}

/** A tracked image on its way through a cycle: each stage adds to it. */
export interface LocatedImage {
  readonly tracked: TrackedImage;
  readonly place: Place;
}

/** A change with the place it goes to, as it was when this was decided. */
export interface PlacedChange extends Change {
  readonly place: Place;
}

export interface FileChange extends Change {
  readonly place: FilePlace;
}

export interface ApplicationChange extends Change {
  readonly place: ApplicationPlace;
}

export function isFileChange(change: PlacedChange): change is FileChange {
  return isInFile(change);
}

export function isApplicationChange(change: PlacedChange): change is ApplicationChange {
  return !isInFile(change);
}

export interface DecidedImage extends LocatedImage {
  readonly decision: Decision;
}

/** An image whose way ended early: what was known about it by then, and why it ended. */
export interface FailedImage {
  readonly identity: ItemIdentity;
  readonly problem: Problem;
  readonly place?: Place;
  readonly decision?: Decision;
}

/** A stage's result: the images that go on, and those that do not. */
export interface Stage<T> {
  readonly images: readonly T[];
  readonly failed: readonly FailedImage[];
}

/** How problems name one image: "argocd/shop web". */
export function itemObject({ application, alias }: Pick<ItemIdentity, 'application' | 'alias'>): string {
  return `${application} ${alias}`;
}

export function identify({ application, alias, image, policy, policyOrigin }: TrackedImage): ItemIdentity {
  return {
    application: applicationId(application),
    alias,
    image: formatImageName(image),
    strategy: policy.judge.strategy.id,
    ...(policyOrigin ? { policy: policyOrigin } : {}),
  };
}

/**
 * One stage: every image at once, so that what they ask of the world travels together. A failure ends the way of its
 * image only; when the cycle is being stopped all of them end.
 */
export async function stage<A extends { readonly tracked: TrackedImage; readonly place?: Place }, B>(
  images: readonly A[],
  work: (image: A) => Promise<B>,
  signal: AbortSignal,
): Promise<Stage<B>> {
  const settled = await Promise.allSettled(images.map(work));
  signal.throwIfAborted();
  const done: B[] = [];
  const failed: FailedImage[] = [];
  for (const [index, result] of settled.entries()) {
    const image = images[index];
    if (result.status === 'fulfilled') done.push(result.value);
    else if (image) failed.push(failure(image, result.reason));
  }
  return { images: done, failed };
}

function failure(image: { readonly tracked: TrackedImage; readonly place?: Place }, thrown: unknown): FailedImage {
  const identity = identify(image.tracked);
  const problem = toProblem(itemObject(identity), thrown);
  return image.place === undefined ? { identity, problem } : { identity, problem, place: image.place };
}
