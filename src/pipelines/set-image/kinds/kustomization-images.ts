import { isMap } from 'yaml';
import type { Operation, Sprout } from '../../../core/edits/draft.ts';
import { allOf, type Planned, planned, refused } from '../../../core/edits/edit-text.ts';
import { setKey, textUnder } from '../../../core/edits/set-key.ts';
import { sharedAnchor } from '../../../core/edits/shared-anchor.ts';
import type { YamlFile, YamlMapping } from '../../../core/edits/yaml-file.ts';
import { type FoundList, findList } from '../../../core/edits/yaml-path.ts';
import type { FieldChange } from '../../../core/set-image-report.ts';
import { type FileKind, refusedPlan } from '../file-plan.ts';
import { formatImage, type ImageArgument, type ImageParts, settleParts } from '../image-argument.ts';

/** An entry of `images`, as kustomize reads it: "" counts as absent. */
interface Entry extends ImageParts {
  readonly mapping: YamlMapping;
  /** False for an item that is an alias: what is written there is written elsewhere. */
  readonly isOwn: boolean;
  readonly name: string;
  readonly tagSuffix: string | undefined;
}

type Images = Exclude<FoundList, { kind: 'blocked' }>;

/**
 * The entries of a kustomization's `images` become what `kustomize edit set image` leaves: an entry is replaced whole,
 * and made when there is none. Where several entries have the name, all come to say the same; kustomize keeps one.
 */
export const kustomizationImages: FileKind = (yaml, { images: given }) => {
  const images = findList(yaml, ['images']);
  if (images.kind === 'blocked') return refusedPlan({ code: 'TARGET_REFUSED', message: images.why, fix: images.fix });
  // Of several arguments for one name the last one counts.
  const byName = new Map(given.map((argument) => [argument.name, argument]));
  const steps = [...byName.values()].map((argument) => stepFor(yaml, images, argument));
  const all = allOf(steps.map(({ plan }) => plan));
  if (!all.ok) return refusedPlan(all.problem);
  const { operations } = all;
  const shared = sharedAnchor(yaml, operations);
  if (shared) return refusedPlan(shared);
  return {
    operations,
    fields: steps.map(({ change }) => change),
    found: new Set(given),
    // An argument finds its entry, or makes one.
    present: [],
    remarks: steps.flatMap(({ remarks }) => remarks),
    says: (after) => steps.every(({ name, wanted }) => saysEntry(after, name, wanted)),
  };
};

interface Step {
  readonly name: string;
  readonly wanted: ImageParts;
  readonly plan: Planned;
  readonly change: FieldChange;
  readonly remarks: readonly string[];
}

function stepFor(yaml: YamlFile, images: Images, argument: ImageArgument): Step {
  const { name } = argument;
  const entries = readEntries(yaml).filter((entry) => entry.name === name);
  const [first] = entries;
  const wanted = settleParts(argument, first ?? {});
  return {
    name,
    wanted,
    plan: first ? allOf(entries.map((entry) => setEntry(yaml, entry, wanted))) : addEntry(images, name, wanted),
    change: {
      field: `images[${name}]`,
      from: first && formatImage({ ...first, newName: first.newName ?? name }),
      to: formatImage({ ...wanted, newName: wanted.newName ?? name }),
    },
    remarks: first ? lossesOf(first, wanted, entries.length) : [],
  };
}

function setEntry(yaml: YamlFile, { mapping, isOwn, ...entry }: Entry, wanted: ImageParts): Planned {
  if (!isOwn) return refused(`the entry for ${entry.name} is an alias`, 'write the entry out in place of the alias');
  return allOf([
    setKey(yaml, mapping, 'newName', wanted.newName),
    setKey(yaml, mapping, 'newTag', wanted.tag),
    setKey(yaml, mapping, 'digest', wanted.digest),
    setKey(yaml, mapping, 'tagSuffix', undefined),
  ]);
}

function addEntry(images: Images, name: string, wanted: ImageParts): Planned {
  const parts = [
    ['name', name],
    ['newName', wanted.newName],
    ['newTag', wanted.tag],
    ['digest', wanted.digest],
  ] as const;
  const item: Sprout = new Map(parts.flatMap(([key, text]) => (text === undefined ? [] : [[key, text]])));
  const append: Operation = {
    kind: 'append',
    soil: images.soil,
    path: images.kind === 'soil' ? images.path : [],
    item,
  };
  return planned([append]);
}

/** What an entry says now and will not say any more, though the argument does not speak of it. */
function lossesOf(entry: Entry, wanted: ImageParts, count: number): readonly string[] {
  const { name, newName, tagSuffix } = entry;
  return [
    ...(newName !== undefined && wanted.newName === undefined
      ? [`the entry ${name} loses its newName ${newName}, as with kustomize; ${name}=*:TAG would keep it`]
      : []),
    ...(tagSuffix === undefined ? [] : [`the entry ${name} loses its tagSuffix ${tagSuffix}, as with kustomize`]),
    ...(count > 1 ? [`${count} entries are named ${name}; all of them say the same now`] : []),
  ];
}

function saysEntry(yaml: YamlFile, name: string, wanted: ImageParts): boolean {
  const entries = readEntries(yaml).filter((entry) => entry.name === name);
  return (
    entries.length > 0 &&
    entries.every(
      ({ newName, tag, digest, tagSuffix }) =>
        newName === wanted.newName && tag === wanted.tag && digest === wanted.digest && tagSuffix === undefined,
    )
  );
}

/** In the order in which they apply: those of `imageTags`, which `images` was called once, come last. */
function readEntries(yaml: YamlFile): readonly Entry[] {
  const items = ['images', 'imageTags'].flatMap((key) => {
    const found = findList(yaml, [key]);
    return found.kind === 'list' ? found.list.items : [];
  });
  return items.flatMap((item): readonly Entry[] => {
    const mapping = yaml.resolve(item);
    if (!isMap(mapping)) return [];
    const text = (key: string) => textUnder(yaml, mapping, key);
    return [
      {
        mapping,
        isOwn: mapping === item,
        name: text('name') ?? '',
        newName: text('newName'),
        tag: text('newTag'),
        digest: text('digest'),
        tagSuffix: text('tagSuffix'),
      },
    ];
  });
}
