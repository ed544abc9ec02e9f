import { isMap } from 'yaml';
import type { Sprout } from '../core/edits/draft.ts';
import { allOf, type Editor, editText, type Planned, planned, refused } from '../core/edits/edit-text.ts';
import { setKey } from '../core/edits/set-key.ts';
import { sharedAnchor } from '../core/edits/shared-anchor.ts';
import { openYaml, type YamlFile } from '../core/edits/yaml-file.ts';
import { type FoundList, findList } from '../core/edits/yaml-path.ts';
import { Failure } from '../core/failure.ts';
import { type ImageVersion, sameVersion } from '../core/image-version.ts';
import { type Parsed, parsed, unparsable } from '../core/parsed.ts';
import { canonicalName, formatImageName } from '../core/reference.ts';
import type { TargetImage, TargetKind, WantedImage } from '../core/target.ts';
import {
  type Chain,
  canonicalText,
  type Entries,
  type Entry,
  readEntries,
  select,
  versionStated,
} from './kustomize-entries.ts';
import { openTarget } from './open-target.ts';

interface Kustomization {
  readonly yaml: YamlFile;
  readonly images: FoundList;
  readonly entries: Entries;
}

/**
 * `kustomization.yaml` (or `.yml`, `Kustomization`; Components too): the entries of `images` that yield an image say
 * its version, such that `kustomize build` puts it wherever the image is used. Never created.
 */
export const kustomization: TargetKind = {
  id: 'kustomization',
  open: (text, path) => {
    if (text === undefined) {
      throw new Failure('TARGET_NOT_FOUND', `${path} does not exist`, {
        fix: 'add a kustomization there, or name its folder: write-back-target: kustomization:<folder>',
      });
    }
    const file = openTarget(editor.parse(text), path);
    return { read: (image) => read(file, image), edit: (wanted) => editText(editor, file, wanted) };
  },
};

const editor: Editor<Kustomization, WantedImage> = {
  parse: parseKustomization,
  plan,
  says,
  objection: (file, operations) => sharedAnchor(file.yaml, operations),
};

function parseKustomization(text: string): Parsed<Kustomization> {
  const yaml = openYaml(text);
  if (!yaml.ok) return yaml;
  if (yaml.value.root && !isMap(yaml.value.root)) return unparsable('the document is not a mapping');
  const images = findList(yaml.value, ['images']);
  return parsed({
    yaml: yaml.value,
    images,
    entries: readEntries(yaml.value, images.kind === 'list' ? images.list : undefined),
  });
}

function read(file: Kustomization, image: TargetImage): ImageVersion | undefined {
  const [chain] = select(file.entries, image).chains.filter(versionStated);
  return chain && versionStated(chain);
}

function says(file: Kustomization, wanted: WantedImage): boolean {
  const { chains, missing } = select(file.entries, wanted);
  return missing === undefined && chains.every((chain) => yields(chain, wanted));
}

function yields(chain: Chain, wanted: WantedImage): boolean {
  return sameVersion(versionStated(chain), wanted.version) && !needsName(chain, wanted);
}

/** Whoever configures the name in the base says with it that this image shall come out of it. */
function needsName(chain: Chain, { image, keys }: WantedImage): boolean {
  return keys.kustomizeName !== undefined && canonicalText(chain.finalName) !== canonicalName(image);
}

function plan(file: Kustomization, wanted: WantedImage): Planned {
  if (file.images.kind === 'blocked') return refused(file.images.why, file.images.fix);
  const { chains, missing } = select(file.entries, wanted);
  const changes = chains.map((chain) => changeChain(file, chain, wanted));
  return allOf(missing === undefined ? changes : [...changes, addEntry(file, file.images, missing, wanted)]);
}

function changeChain(file: Kustomization, chain: Chain, wanted: WantedImage): Planned {
  const { start, decisive, last, finalName } = chain;
  const pattern = file.entries.patternOver([start, finalName], decisive.index);
  if (pattern) return refusePattern(start, pattern);
  if (yields(chain, wanted)) return planned([]);
  const renames = needsName(chain, wanted);
  if (!decisive.own || (renames && !last.own)) {
    return refused(`the entry for ${start} is an alias`, 'write the entry out in place of the alias');
  }
  const { tag, digest } = wanted.version;
  return allOf([
    renames ? setKey(file.yaml, last.mapping, 'newName', formatImageName(wanted.image)) : planned([]),
    setKey(file.yaml, decisive.mapping, 'newTag', tag),
    setKey(file.yaml, decisive.mapping, 'digest', digest),
  ]);
}

function refusePattern(start: string, { name }: Entry): Planned {
  return refused(
    `what becomes of ${start} is decided by the entry "${name}", which is for other images as well`,
    `give ${start} an entry behind it, or name the images in it one by one`,
  );
}

function addEntry(
  { yaml, entries }: Kustomization,
  images: Exclude<FoundList, { kind: 'blocked' }>,
  name: string,
  wanted: WantedImage,
): Planned {
  if (isMap(yaml.root) && yaml.lookup(yaml.root, 'imageTags').kind !== 'none') {
    return refused('the file has imageTags, which kustomize replaced by images', 'run `kustomize edit fix` there');
  }
  const pattern = entries.patternOver([name], Number.POSITIVE_INFINITY);
  if (pattern) return refusePattern(name, pattern);
  const { tag, digest } = wanted.version;
  const entry = new Map<string, Sprout>([['name', name]]);
  if (canonicalText(name) !== canonicalName(wanted.image)) entry.set('newName', formatImageName(wanted.image));
  if (tag !== undefined) entry.set('newTag', tag);
  if (digest !== undefined) entry.set('digest', digest);
  const path = images.kind === 'soil' ? images.path : [];
  return planned([{ kind: 'append', soil: images.soil, path, item: entry }]);
}
