import type { MigrationNote } from '../../../core/migration.ts';
import { parseImageReference, sameImage } from '../../../core/reference.ts';
import type { ImageSpec, ManifestTargets } from '../../image-updater/definition.ts';
import type { Marker } from './markers.ts';
import type { TranslatedPolicy } from './policy.ts';

/** What a policy's markers of one target file come to. */
export interface MarkedImages {
  readonly images: readonly Pick<ImageSpec, 'manifestTargets'>[];
  readonly notes: readonly MigrationNote[];
}

/** Markers of a kustomization: one image for each entry of its `images`. */
export function kustomizeImages(markers: readonly Marker[], { image }: TranslatedPolicy): MarkedImages {
  const entries = Map.groupBy(markers, ({ entry }) => entry);
  const lost = entries.get(undefined) ?? [];
  const names = [...entries.keys()].filter((name) => name !== undefined);
  return {
    images: names.flatMap((name) => {
      if (!entries.get(name)?.some(({ part }) => part === 'tag')) return [];
      const named = parseImageReference(name);
      const isItself = named.ok && sameImage(named.value, image);
      return [isItself ? {} : { manifestTargets: { kustomize: { name } } }];
    }),
    notes: [
      ...lost.map((marker) => noteOn(marker, 'stands at no image of the kustomization')),
      ...notesOnParts(markers),
    ],
  };
}

/** Markers of values: one image for each key that holds a reference, and for each mapping that holds a tag. */
export function helmImages(markers: readonly Marker[]): MarkedImages {
  const [sayable, dotted] = [markers.filter(isSayable), markers.filter((marker) => !isSayable(marker))];
  const whole = sayable.filter(({ part }) => part === 'image');
  const parts = sayable.filter(({ part }) => part === 'tag' || part === 'name');
  const mappings = [...Map.groupBy(parts, ({ path }) => JSON.stringify(path.slice(0, -1))).values()];
  return {
    images: [
      ...whole.map(({ path }) => helmTargets({ spec: keyPath(path) })),
      ...mappings.flatMap((group) => {
        const [tag, name] = [group.find(({ part }) => part === 'tag'), group.find(({ part }) => part === 'name')];
        if (!tag) return [];
        return [helmTargets({ ...(name ? { name: keyPath(name.path) } : {}), tag: keyPath(tag.path) })];
      }),
    ],
    notes: [
      ...dotted.map((marker) => noteOn(marker, 'a key with a dot or a bracket in it cannot be named')),
      ...notesOnParts(sayable),
    ],
  };
}

function helmTargets(helm: NonNullable<ManifestTargets['helm']>): Pick<ImageSpec, 'manifestTargets'> {
  return { manifestTargets: { helm } };
}

function isSayable({ path }: Marker): boolean {
  return path.every((step) => typeof step === 'number' || !/[.[\]]/.test(step));
}

/** `image.tag`, `images[0].tag`. */
function keyPath(path: Marker['path']): string {
  return path.map((step, index) => (typeof step === 'number' ? `[${step}]` : index === 0 ? step : `.${step}`)).join('');
}

function notesOnParts(markers: readonly Marker[]): readonly MigrationNote[] {
  return markers
    .filter(({ part }) => part === 'digest')
    .map((marker) => noteOn(marker, 'a digest in a place of its own has no equivalent'));
}

export function noteOn({ file, line, policy }: Marker, message: string): MigrationNote {
  return { object: `${file}:${line}`, message: `marker of ${policy.namespace}/${policy.name}: ${message}` };
}
