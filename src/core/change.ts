import type { ImageVersion } from './image-version.ts';
import type { Provenance } from './provenance.ts';
import type { Target, TargetImage } from './target.ts';
import type { TrackedImage } from './tracked-image.ts';

/** A decided, admitted move of one target from one version to another. */
export interface Change {
  readonly tracked: TrackedImage;
  readonly target: Target;
  readonly wanted: TargetImage;
  /** What Git says now, wherever it says it; shown to people. */
  readonly from: ImageVersion | undefined;
  readonly to: ImageVersion;
  /** What the target itself said when this was decided: the change applies only where it still says so. */
  readonly stated: ImageVersion | undefined;
  /** Where the new version comes from, when somebody wants to read it. */
  readonly provenance?: Provenance;
}
