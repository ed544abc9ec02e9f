import { parseKustomizeImage } from '../../../core/kustomize-image.ts';
import { parseDigest, parseImageReference } from '../../../core/reference.ts';
import type { EditProblem } from '../../../core/target.ts';
import type { PathRequest } from '../file-plan.ts';
import { type ImageArgument, type ImageParts, setImageText, settleParts } from '../image-argument.ts';
import type { NameMatch } from '../name-match.ts';

/** A key, what it says and what it shall say. */
export interface KeyEdit {
  readonly key: string;
  readonly from: string;
  readonly to: string;
}

export type KeyEdits =
  | { readonly kind: 'edits'; readonly edits: readonly KeyEdit[]; readonly remarks: readonly string[] }
  /** A key is not there, or it speaks of another image. */
  | { readonly kind: 'missing'; readonly message: string; readonly key: string }
  | { readonly kind: 'refused'; readonly problem: EditProblem };

/** The text under a key; "" for a key without a value, undefined where there is no such key. */
export type Stated = (key: string) => string | undefined;

/** What keys that state an image have to say. Helm knows an image by its keys, so that these take one argument. */
export function keyEdits({ images, keys }: PathRequest, stated: Stated, matches: NameMatch): KeyEdits {
  const [argument, ...others] = images;
  if (!argument || others.length > 0)
    return refused('keys state one image, and several are given', 'set one after the other');
  const missing = [keys.name, keys.tag, keys.spec].find((key) => key !== undefined && stated(key) === undefined);
  if (missing !== undefined) return { kind: 'missing', message: `there is no ${missing}`, key: missing };
  if (keys.spec !== undefined) return editSpec(argument, keys.spec, stated(keys.spec) ?? '', matches);
  const name = keys.name === undefined ? undefined : editName(argument, keys.name, stated(keys.name) ?? '', matches);
  if (name && name.kind !== 'edits') return name;
  const tag = keys.tag === undefined ? undefined : editTag(argument, keys.tag, stated(keys.tag) ?? '');
  if (tag && tag.kind !== 'edits') return tag;
  const edits = [...(name?.edits ?? []), ...(tag?.edits ?? [])];
  return { kind: 'edits', edits, remarks: keys.name === undefined ? unwrittenName(argument) : [] };
}

function editSpec(argument: ImageArgument, key: string, text: string, matches: NameMatch): KeyEdits {
  if (!matches(argument, parseKustomizeImage(text).newName)) return otherImage(argument, key, text);
  return edit(key, text, setImageText(argument, text));
}

/** Charts that keep the registry apart have the repository alone under the key. */
function editName(argument: ImageArgument, key: string, text: string, matches: NameMatch): KeyEdits {
  const { newName } = settleParts(argument, {});
  if (matches(argument, text)) return edit(key, text, newName ?? text);
  if (text === repositoryOf(argument.name))
    return edit(key, text, newName === undefined ? text : repositoryOf(newName));
  const isDone = newName !== undefined && text === repositoryOf(newName);
  return isDone ? edit(key, text, text) : otherImage(argument, key, text);
}

function repositoryOf(name: string): string {
  const reference = parseImageReference(name);
  return reference.ok ? reference.value.repository : name;
}

function editTag(argument: ImageArgument, key: string, text: string): KeyEdits {
  const present = readTag(text);
  const { tag, digest } = settleParts(argument, present);
  if (tag === undefined && digest === undefined) return edit(key, text, text);
  const holdsDigest = /digest/i.test(key.slice(key.lastIndexOf('.') + 1)) || (text !== '' && present.tag === undefined);
  if (!holdsDigest) return edit(key, text, digest === undefined ? (tag ?? '') : `${tag ?? 'latest'}@${digest}`);
  if (digest !== undefined) return edit(key, text, digest);
  return refused(`${key} holds a digest, and ${argument.text} has none`, 'name the digest, as in NAME@sha256:...');
}

/** "tag", "tag@digest" or a digest alone. */
function readTag(text: string): ImageParts {
  if (parseDigest(text).ok) return { digest: text };
  const { newName: tag, digest } = parseKustomizeImage(text);
  return { tag: tag || undefined, digest };
}

function unwrittenName({ name, parts: { newName } }: ImageArgument): readonly string[] {
  if (newName === undefined || newName === name || newName === '*') return [];
  return [`the name ${newName} is written nowhere; --name-key says where to`];
}

function otherImage({ name }: ImageArgument, key: string, text: string): KeyEdits {
  return { kind: 'missing', message: `${key} says ${text === '' ? 'nothing' : text}, which is not ${name}`, key };
}

function edit(key: string, from: string, to: string): Extract<KeyEdits, { kind: 'edits' }> {
  return { kind: 'edits', edits: [{ key, from, to }], remarks: [] };
}

function refused(message: string, fix: string): KeyEdits {
  return { kind: 'refused', problem: { code: 'TARGET_REFUSED', message, fix } };
}
