import { canonicalName, type ImageName } from './reference.ts';

/** Which of the images that are used a push to this repository concerns; none when nobody uses it. */
export type RepositoryIndex = (pushed: ImageName) => readonly ImageName[];

/**
 * An image is meant when it is the pushed repository in any of its spellings. One that names no registry is also meant
 * by a push of the same path to any other registry, as upstream has it: registries.conf may serve it from there, and
 * senders do not always know by which name they are reached (reference part 2, 4.3).
 * @param images may repeat themselves
 */
export function indexRepositories(images: Iterable<ImageName>): RepositoryIndex {
  const byName = new Map<string, ImageName>();
  const byBarePath = new Map<string, ImageName>();
  for (const image of images) {
    byName.set(canonicalName(image), image);
    if (image.registry === '') byBarePath.set(image.repository, image);
  }
  return (pushed) => {
    const meant = [byName.get(canonicalName(pushed)), byBarePath.get(pushed.repository)];
    return [...new Map(meant.flatMap((image) => (image ? [[canonicalName(image), image]] : []))).values()];
  };
}
