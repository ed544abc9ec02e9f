import { Failure } from '../core/failure.ts';
import { type Provenance, provenanceOf } from '../core/provenance.ts';
import type { ImageRepository, TagSource } from '../ports/tag-source.ts';
import type { PlannedChanges } from './changes.ts';
import type { DecidedImage, PlacedChange } from './items.ts';

/**
 * The changes with where their new versions come from, where somebody will read it: a pull request, or a template.
 * Only what was chosen is asked about. Nothing is held up by a label that cannot be read; a note says so.
 */
export async function traceChanges(
  planned: PlannedChanges,
  source: TagSource,
  isRead: (change: PlacedChange) => boolean,
  signal: AbortSignal,
): Promise<PlannedChanges> {
  const traced = await Promise.all(
    planned.images.map(async (image): Promise<readonly [DecidedImage, PlacedChange | undefined]> => {
      const change = planned.changes.get(image);
      return change && isRead(change) ? await traceChange(image, change, source, signal) : [image, change];
    }),
  );
  return {
    ...planned,
    images: traced.map(([image]) => image),
    changes: new Map(traced.flatMap(([image, change]) => (change ? [[image, change]] : []))),
  };
}

async function traceChange(
  image: DecidedImage,
  change: PlacedChange,
  source: TagSource,
  signal: AbortSignal,
): Promise<readonly [DecidedImage, PlacedChange]> {
  try {
    const provenance = await readProvenance(change, source, signal);
    return [image, provenance ? { ...change, provenance } : change];
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    signal.throwIfAborted();
    const notes = [...image.decision.notes, `its labels could not be read: ${error.message}`];
    return [{ ...image, decision: { ...image.decision, notes } }, change];
  }
}

async function readProvenance(
  { tracked, to }: PlacedChange,
  source: TagSource,
  signal: AbortSignal,
): Promise<Provenance | undefined> {
  const { image, policy, pullSecret } = tracked;
  const repository: ImageRepository = pullSecret === undefined ? image : { ...image, pullSecret };
  const labels = await source.labels(repository, { version: to, platforms: policy.platforms }, signal);
  return labels && provenanceOf(labels);
}
