import { type AnnotationSettings, readAnnotations } from '../config/annotations.ts';
import { type Application, applicationId } from '../core/application.ts';
import type { Problem } from '../core/failure.ts';
import { formatImageName } from '../core/reference.ts';
import type { TrackedImage } from '../core/tracked-image.ts';
import type { FailedImage } from './items.ts';

/** An Application's configuration, read: the images to go on with, and what stands in the way of others. */
export interface Configured {
  readonly images: readonly TrackedImage[];
  readonly failedImages: readonly FailedImage[];
  readonly failures: readonly Problem[];
  readonly warnings: readonly Problem[];
}

/** The one place that knows which front end an Application is configured by. */
export function configure(application: Application, settings: AnnotationSettings): Configured {
  const { images, failedImages, failures, warnings } = readAnnotations(application, settings);
  return {
    images,
    failures,
    warnings,
    failedImages: failedImages.map(({ alias, image, strategy, problem }) => ({
      identity: { application: applicationId(application), alias, image: formatImageName(image), strategy },
      problem,
    })),
  };
}
