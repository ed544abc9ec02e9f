import { isMap, isSeq } from 'yaml';
import type { Slot } from '../../../core/edits/draft.ts';
import { sharedAnchor } from '../../../core/edits/shared-anchor.ts';
import { effectiveValue, scalarText, type YamlFile, type YamlMapping } from '../../../core/edits/yaml-file.ts';
import { formatKustomizeImage, parseKustomizeImage } from '../../../core/kustomize-image.ts';
import { emptyPlan, type FileKind, type FilePlan, hasKeys, type PathRequest, refusedPlan } from '../file-plan.ts';
import { type ImageArgument, settleParts } from '../image-argument.ts';
import type { NameMatch } from '../name-match.ts';
import { type HelmLayer, helmLayers } from './helm-layers.ts';
import { type KeyedPlace, keyedImages } from './keyed-images.ts';
import { missingKey } from './value-places.ts';

/** A mapping with `kustomize` and `helm` blocks, as Argo CD's sources and override files have. */
export interface SourceBlock {
  /** In front of its fields: "Application/shop:spec.source.", "" for an override file. */
  readonly prefix: string;
  /** The mapping in any text of the file. */
  find(yaml: YamlFile): YamlMapping | undefined;
}

/** Argo CD's override file, `.argocd-source-<app>.yaml`. */
export const overrideFile: FileKind = (yaml, request, matches) => {
  const find = ({ root }: YamlFile) => (isMap(root) ? root : undefined);
  return sourceImages(yaml, { prefix: '', find }, request, matches);
};

/** With keys the Helm parameters or values, else the overrides of `kustomize.images`. What is not there is not made. */
export function sourceImages(yaml: YamlFile, block: SourceBlock, request: PathRequest, matches: NameMatch): FilePlan {
  const source = block.find(yaml);
  if (!source) return emptyPlan([]);
  const plan = hasKeys(request)
    ? keyedImages(yaml, keyedPlace(block), request, matches)
    : kustomizeOverrides(yaml, source, block, request);
  const shared = sharedAnchor(yaml, plan.operations);
  return shared ? refusedPlan(shared) : plan;
}

interface Override {
  readonly slot: Slot;
  /** `[name=]newName[:tag][@digest]` */
  readonly text: string;
  /** What the manifests call the image. */
  readonly name: string;
}

function kustomizeOverrides(
  yaml: YamlFile,
  source: YamlMapping,
  { prefix, find }: SourceBlock,
  { images: given }: PathRequest,
): FilePlan {
  // Of several arguments for one name the last one counts.
  const byName = new Map(given.map((argument) => [argument.name, argument]));
  const overrides = overridesOf(yaml, source).map((override) => {
    const argument = byName.get(override.name);
    return {
      ...override,
      isMeant: argument !== undefined,
      to: argument ? setOverride(argument, override.text) : override.text,
    };
  });
  const meant = overrides.filter(({ isMeant }) => isMeant);
  const names = new Set(meant.map(({ name }) => name));
  return {
    ...emptyPlan(
      overrides.map(({ text }) => text),
      unkeyed(helmLayers(yaml, source)),
    ),
    operations: meant.filter(({ text, to }) => text !== to).map(({ slot, to }) => ({ kind: 'set', slot, value: to })),
    fields: meant.map(({ name, text, to }) => ({ field: `${prefix}kustomize.images[${name}]`, from: text, to })),
    found: new Set(given.filter(({ name }) => names.has(name))),
    says: (after) => {
      const block = find(after);
      const texts = block ? overridesOf(after, block).map(({ text }) => text) : [];
      return texts.length === overrides.length && overrides.every(({ to }, index) => texts[index] === to);
    },
  };
}

function overridesOf(yaml: YamlFile, source: YamlMapping): readonly Override[] {
  const kustomize = effectiveValue(yaml, source, 'kustomize');
  const list = isMap(kustomize) ? effectiveValue(yaml, kustomize, 'images') : undefined;
  if (!isSeq(list)) return [];
  return list.items.flatMap((item, index) => {
    const text = scalarText(yaml.resolve(item));
    if (text === undefined) return [];
    const { name, newName } = parseKustomizeImage(text);
    return [{ slot: { kind: 'item', list, index, item }, text, name: name ?? newName }];
  });
}

/** As an entry of a kustomization: replaced whole. */
function setOverride(argument: ImageArgument, text: string): string {
  const { name, newName, tag, digest } = parseKustomizeImage(text);
  const wanted = settleParts(argument, { newName: name === undefined ? undefined : newName, tag, digest });
  const names =
    wanted.newName === undefined || wanted.newName === argument.name
      ? { newName: argument.name }
      : { name: argument.name, newName: wanted.newName };
  return formatKustomizeImage({ ...names, tag: wanted.tag, digest: wanted.digest });
}

/** What to say when only Helm could know of the image. */
function unkeyed(layers: readonly HelmLayer[]): FilePlan['missing'] {
  const present = layers.flatMap((layer) => layer.present);
  if (present.length === 0) return undefined;
  return missingKey({ key: '', message: 'Helm reads it, and knows an image by its keys only' }, present);
}

/** Helm's parameters and values in the block. */
function keyedPlace({ prefix, find }: SourceBlock): KeyedPlace {
  return {
    layersOf(yaml) {
      const source = find(yaml);
      return source ? helmLayers(yaml, source) : [];
    },
    fieldOf: ({ path }, key) => `${prefix}${path}[${key}]`,
  };
}
