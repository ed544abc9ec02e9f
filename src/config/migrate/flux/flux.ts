import { type Application, applicationId } from '../../../core/applications/application.ts';
import type { Problem } from '../../../core/failure.ts';
import type { Migration, MigrationNote } from '../../../core/migration.ts';
import type { ImageSpec } from '../../image-updater/definition.ts';
import { unusedName } from '../alias.ts';
import { type ExactRef, manifestsOf, settingsBlock } from '../manifest.ts';
import { branchFor, notesOnAutomation } from './branches.ts';
import { helmImages, kustomizeImages, noteOn } from './images.ts';
import { findMarkers, type GivenFile, type Marker } from './markers.ts';
import { type FluxObject, type GivenManifest, placeOf, readFluxObjects } from './objects.ts';
import { type MarkedPlace, placeFor } from './places.ts';
import { type PolicyTranslation, type TranslatedPolicy, translatePolicy } from './policy.ts';

/** Everything that was given. */
export interface FluxInput {
  readonly applications: readonly Application[];
  readonly manifests: readonly GivenManifest[];
  /** Files that may hold markers. */
  readonly files: readonly GivenFile[];
}

/**
 * Flux's image automation as ImageUpdaters: one reference for each Application that reads a marked file. A policy that
 * no such file follows becomes a sketch.
 * @param name of the objects
 */
export function migrateFlux({ applications, manifests, files }: FluxInput, name: string): Migration {
  const { policies, repositories, automations } = readFluxObjects(manifests);
  const translations = policies.map((policy) => translatePolicy(policy, repositories));
  const found = files.map((file) => ({ file, ...findMarkers(file) }));
  const markers = found.flatMap((one) => one.markers);
  const known = markers.flatMap((marker) => followed(marker, translations));
  const refs = applications.map((application) => readApplication(application, known, automations));
  const used = new Set(refs.flatMap((ref) => ref.used));
  const unused = translations.filter(({ policy }) => !used.has(policy));
  return {
    manifests: manifestsOf(refs, name),
    sketch: unused.flatMap(sketchOf),
    failures: [...translations.flatMap(({ failures }) => failures), ...withoutPolicies(policies)],
    notes: uniqueNotes([
      ...translations.flatMap(({ notes }) => notes),
      ...automations.flatMap(notesOnAutomation),
      ...found.filter(({ lost }) => lost > 0).map(({ file, lost }) => lostMarkers(file, lost)),
      ...markers.filter((marker) => policyOf(marker, translations) === undefined).map(unknownPolicy),
      ...refs.flatMap(({ notes }) => notes),
    ]),
  };
}

/** A marker whose policy could be translated. */
interface FollowedMarker {
  readonly marker: Marker;
  readonly policy: FluxObject;
  readonly translated: TranslatedPolicy;
}

function followed(marker: Marker, translations: readonly PolicyTranslation[]): readonly FollowedMarker[] {
  const translation = policyOf(marker, translations);
  if (!translation?.translated) return [];
  return [{ marker, policy: translation.policy, translated: translation.translated }];
}

function policyOf({ policy }: Marker, translations: readonly PolicyTranslation[]): PolicyTranslation | undefined {
  return translations.find(
    ({ policy: { namespace, name } }) => name === policy.name && (namespace === policy.namespace || namespace === ''),
  );
}

interface ReadApplication {
  readonly application: Application;
  readonly ref: ExactRef;
  readonly used: readonly FluxObject[];
  readonly notes: readonly MigrationNote[];
}

function readApplication(
  application: Application,
  known: readonly FollowedMarker[],
  automations: readonly FluxObject[],
): ReadApplication {
  const placed = known.flatMap((one) => {
    const place = placeFor(one.marker, application);
    return place ? [{ ...one, place }] : [];
  });
  const writable = placed.filter((one): one is Placed => one.place.kind !== 'unwritable');
  const [first] = writable;
  const ours = writable.filter(({ place }) => place.target === first?.place.target);
  const { images, notes } = imagesOf(application, ours);
  const branch = first && branchFor(first.marker, application, automations);
  return {
    application,
    ref: {
      name: application.name,
      common: {},
      writeBack: {
        method: 'git',
        ...(branch === undefined ? {} : { branch }),
        ...(first ? { writeBackTarget: first.place.target } : {}),
      },
      images,
    },
    used: images.length > 0 ? ours.map(({ policy }) => policy) : [],
    notes: [
      ...placed.flatMap(({ marker, place }) => (place.kind === 'unwritable' ? [noteOn(marker, place.reason)] : [])),
      ...writable.filter((one) => !ours.includes(one)).map(({ marker }) => noteOn(marker, secondTarget(application))),
      ...notes,
    ],
  };
}

type Placed = FollowedMarker & { readonly place: Exclude<MarkedPlace, { readonly kind: 'unwritable' }> };

function secondTarget(application: Application): string {
  return `${applicationId(application)} is written to one file, which is another one`;
}

function imagesOf(
  { namespace }: Application,
  placed: readonly Placed[],
): { readonly images: readonly ImageSpec[]; readonly notes: readonly MigrationNote[] } {
  const groups = [...Map.groupBy(placed, ({ policy }) => policy).values()];
  const aliases = new Set<string>();
  const read = groups.flatMap((group) => {
    const [first] = group;
    if (!first) return [];
    const markers = group.map(({ marker }) => marker);
    const { place, policy, translated } = first;
    const marked = place.kind === 'kustomization' ? kustomizeImages(markers, translated) : helmImages(markers);
    const images = marked.images.map((image): ImageSpec => {
      const alias = unusedName(policy.name, aliases);
      aliases.add(alias);
      return { ...imageSpec(alias, translated, namespace), ...image };
    });
    return [{ images, notes: [...marked.notes, ...noteOnSecret(policy, translated, namespace)] }];
  });
  return { images: read.flatMap(({ images }) => images), notes: read.flatMap(({ notes }) => notes) };
}

function imageSpec(alias: string, { imageName, settings, secret }: TranslatedPolicy, namespace: string): ImageSpec {
  const pullSecret = secret === undefined ? {} : { pullSecret: `pullsecret:${namespace}/${secret.name}` };
  return { alias, imageName, ...settingsBlock({ ...settings, ...pullSecret }) };
}

function noteOnSecret({ title }: FluxObject, { secret }: TranslatedPolicy, own: string): MigrationNote[] {
  if (secret === undefined || secret.namespace === own) return [];
  return [
    { object: title, message: `copy the Secret ${secret.name} to namespace ${own}, the only one that is looked in` },
  ];
}

/** What to write into a reference, for a policy that no Application among the input seems to follow. */
function sketchOf({ policy, translated }: PolicyTranslation): readonly string[] {
  if (!translated) return [];
  return [
    `${policy.title} (${placeOf(policy)}): no Application of the input reads a file that it marks`,
    '  applicationRefs:',
    '    - namePattern: <the name of the Application>',
    '      images:',
    `        - ${JSON.stringify(imageSpec(policy.name, translated, '<its namespace>'))}`,
  ];
}

function withoutPolicies(policies: readonly FluxObject[]): readonly Problem[] {
  if (policies.length > 0) return [];
  const fix = "give Flux's objects and the marked files: tiphys migrate flux -f clusters/";
  return [{ code: 'INPUT_UNREADABLE', object: '-f', message: 'there is no ImagePolicy in what was given', fix }];
}

function lostMarkers({ place }: GivenFile, lost: number): MigrationNote {
  return { object: place, message: `${lost} markers stand behind no value that could be written` };
}

function unknownPolicy(marker: Marker): MigrationNote {
  return noteOn(marker, 'the ImagePolicy is not among the input');
}

function uniqueNotes(notes: readonly MigrationNote[]): readonly MigrationNote[] {
  return [...new Map(notes.map((note) => [JSON.stringify(note), note])).values()];
}
