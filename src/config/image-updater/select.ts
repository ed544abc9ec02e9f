import type { Application } from '../../core/applications/application.ts';
import { compareBytes } from '../../strategies/byte-order.ts';
import { isAnnotated } from '../annotations/annotation-keys.ts';
import type { ApplicationRef, ImageUpdater } from './read.ts';

/** A reference that selects an Application. */
export interface Claim {
  readonly updater: ImageUpdater;
  readonly ref: ApplicationRef;
}

/**
 * Every reference that selects the Application, in its own namespace only. The first one counts: the most specific,
 * of equals that of the older object, then by namespace and name, then by place in the object. Upstream lets each object
 * act on its own, so that two overwrite each other (reference part 1, defect 12). One with `useAnnotations` passes over
 * what is not annotated (1.11); one annotation of upstream, even a misspelt one, is enough to keep it from others.
 */
export function claimsOn(application: Application, updaters: readonly ImageUpdater[]): readonly Claim[] {
  const hasAnnotations = isAnnotated(application.annotations);
  return updaters
    .filter(({ namespace }) => namespace === application.namespace)
    .flatMap((updater) => updater.refs.map((ref) => ({ updater, ref })))
    .filter((claim) => claim.ref.selects(application) && (hasAnnotations || !takesAnnotations(claim)))
    .sort(compareClaims);
}

/** Whether the images come from the Application's annotations after all. */
export function takesAnnotations({ updater, ref }: Claim): boolean {
  return updater.content?.spec.applicationRefs[ref.index]?.useAnnotations === true;
}

/** Ascending: what comes first wins. */
export function compareClaims(a: Claim, b: Claim): number {
  return (
    b.ref.score - a.ref.score ||
    compareAge(a.updater.createdNs, b.updater.createdNs) ||
    compareBytes(a.updater.title, b.updater.title) ||
    a.ref.index - b.ref.index
  );
}

function compareAge(a: bigint | undefined, b: bigint | undefined): number {
  if (a === b) return 0;
  if (a === undefined || b === undefined) return a === undefined ? 1 : -1;
  return a < b ? -1 : 1;
}

/** Why `loser` gives way to `winner`, going on from the loser's name. */
export function reasonAgainst(loser: Claim, winner: Claim): string {
  if (loser.ref.score !== winner.ref.score) return 'is less specific';
  if (loser.updater.title === winner.updater.title) return 'is as specific, and stands further down';
  if (loser.updater.createdNs !== winner.updater.createdNs) return 'is as specific, and younger';
  return 'is as specific, and comes later by name';
}

/** `ImageUpdater argocd/shop spec.applicationRefs[0] "shop-*" (score 5)`. */
export function describeClaim({ updater, ref }: Claim): string {
  return `${updater.title} spec.applicationRefs[${ref.index}] "${ref.namePattern}" (score ${ref.score})`;
}
