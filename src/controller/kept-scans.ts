import { canonicalName, type ImageName } from '../core/reference.ts';
import type { ImageRepository, TagSource } from '../ports/tag-source.ts';

/** What registries said last, so that a look at one repository asks only about that one. */
export interface KeptScans {
  /** A fresh look at everything. */
  whole(): TagSource;
  /** A fresh look at these repositories; about the others whatever was answered last. */
  partly(fresh: readonly ImageName[]): TagSource;
}

/**
 * A look decides about every image, because images share targets and pull requests; only the registries' part is
 * narrow. What nobody asked before is asked in a look too.
 */
export function keepScans(open: () => TagSource): KeptScans {
  let base: TagSource | undefined;
  const newer = new Map<string, TagSource>();
  const whole = () => {
    newer.clear();
    base = open();
    return base;
  };
  return {
    whole,
    partly(fresh) {
      const rest = base ?? whole();
      const look = open();
      for (const image of fresh) newer.set(canonicalName(image), look);
      const of = (repository: ImageRepository) => newer.get(canonicalName(repository)) ?? rest;
      return {
        list: (repository, signal) => of(repository).list(repository, signal),
        tagOrder: (repository) => of(repository).tagOrder(repository),
        describe: (repository, ...question) => of(repository).describe(repository, ...question),
        labels: (repository, ...question) => of(repository).labels(repository, ...question),
        remarks: (repository) => of(repository).remarks(repository),
      };
    },
  };
}
