import type { ImageVersion } from '../image-version.ts';
import type { Provenance } from '../provenance.ts';
import type { ImageName } from '../reference.ts';

/** One move of one image as commit and branch templates see it. */
export interface TemplateChange {
  /** Without its registry, whatever upstream's manual says. */
  readonly image: string;
  /** "" when the image list gives none. */
  readonly alias: string;
  /** The digest when there is one, else the tag; "" when nothing was stated before. */
  readonly oldTag: string;
  readonly newTag: string;
  /** Labels of the new image; none unless its metadata was read. */
  readonly labels: Readonly<Record<string, string>>;
  /** Where the new image comes from, where that was read. */
  readonly provenance?: Omit<Provenance, 'labels'> | undefined;
}

/** A move with what templates show of it (reference part 2, 2.6 and 2.8). */
export function templateChange(change: {
  readonly image: ImageName;
  readonly alias: string;
  readonly from: ImageVersion | undefined;
  readonly to: ImageVersion;
  readonly provenance?: Provenance;
}): TemplateChange {
  return {
    image: change.image.repository,
    alias: change.alias,
    oldTag: change.from?.digest ?? change.from?.tag ?? '',
    newTag: change.to.digest ?? change.to.tag ?? '',
    labels: change.provenance?.labels ?? {},
    provenance: change.provenance,
  };
}
