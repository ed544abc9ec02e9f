import { isAlias } from 'yaml';
import { allOf, type Planned, planned, refused } from '../../../core/edits/edit-text.ts';
import type { YamlFile } from '../../../core/edits/yaml-file.ts';
import { parseKustomizeImage } from '../../../core/kustomize-image.ts';
import { type FileKind, type PathRequest, refusedPlan } from '../file-plan.ts';
import { type ImageArgument, setImageText } from '../image-argument.ts';
import type { NameMatch } from '../name-match.ts';
import { isApplication } from './application-images.ts';
import { type ContainerImage, containerImages } from './container-images.ts';
import { manifestObjects } from './manifest-objects.ts';

/**
 * The `image` of the containers in all objects of a file: Deployments, CronJobs, Argo Rollouts, Knative Services, Lists
 * of them, other people's kinds. Several arguments apply as the entries that they would make of a kustomization: of one
 * name the last, and those of all names in the order of the names. What containers share by an anchor is changed where it
 * is written, as long as all of them are to say the same.
 */
export const manifestImages: FileKind = (yaml, request, matches) => {
  const images = imagesIn(yaml);
  const { wanted, found } = settle(images, request, matches);
  const edits = allOf(editsFor(yaml, images, wanted));
  if (!edits.ok) return refusedPlan(edits.problem);
  return {
    operations: edits.operations,
    fields: images.flatMap(({ field, text }, index) => {
      const to = wanted[index];
      return to === undefined ? [] : [{ field, from: text, to }];
    }),
    found,
    present: images.map(({ text }) => text),
    remarks: [],
    says: (after) => {
      const texts = imagesIn(after).map(({ text }) => text);
      return (
        texts.length === images.length && images.every(({ text }, index) => texts[index] === (wanted[index] ?? text))
      );
    },
  };
};

function imagesIn(yaml: YamlFile): readonly ContainerImage[] {
  const workloads = manifestObjects(yaml).filter((object) => !isApplication(object));
  return workloads.flatMap((object) => containerImages(yaml, object));
}

interface Settled {
  /** By the index of the image; undefined for one that no argument is for. */
  readonly wanted: readonly (string | undefined)[];
  readonly found: ReadonlySet<ImageArgument>;
}

function settle(images: readonly ContainerImage[], request: PathRequest, matches: NameMatch): Settled {
  const entries = [...new Map(request.images.map((argument) => [argument.name, argument])).values()];
  entries.sort((one, other) => (one.name < other.name ? -1 : 1));
  const found = new Set<string>();
  const wanted = images.map(({ text, container }) => {
    if (request.container !== undefined && container !== request.container) return undefined;
    let now: string | undefined;
    for (const argument of entries) {
      if (!matches(argument, parseKustomizeImage(now ?? text).newName)) continue;
      found.add(argument.name);
      now = setImageText(argument, now ?? text);
    }
    return now;
  });
  return { wanted, found: new Set(request.images.filter(({ name }) => found.has(name))) };
}

function editsFor(
  yaml: YamlFile,
  images: readonly ContainerImage[],
  wanted: readonly (string | undefined)[],
): readonly Planned[] {
  const texts = images.map(({ text, place, field }, index) => ({ field, place, text, to: wanted[index] ?? text }));
  const written = new Map(texts.map(({ place, to }) => [place.pair.value, to]));
  return [...Map.groupBy(texts, ({ place }) => place.pair).values()].map((readers) => {
    const [first, ...others] = readers;
    if (!first || readers.every(({ text, to }) => text === to)) return planned([]);
    const { field, place, to } = first;
    if (others.some((other) => other.to !== to)) {
      return refused(`${field} is written where other containers read it too`, 'write the image out in each of them');
    }
    const { value } = place.pair;
    // An alias follows what it stands for.
    if (isAlias(value) && written.get(yaml.resolve(value) ?? null) === to) return planned([]);
    return planned([{ kind: 'set', slot: { kind: 'pair', ...place }, value: to }]);
  });
}
