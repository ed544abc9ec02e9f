import { formatKustomizeImage, type KustomizeImage, parseKustomizeImage } from '../../core/kustomize-image.ts';
import { type Parsed, parsed, unparsable } from '../../core/parsed.ts';
import { parseDigest, parseTag } from '../../core/reference.ts';

/** Keeps the part that stands there, as to `kustomize edit set image`. */
const KEEP = '*';

/** `[name=]image[:tag][@digest]`, which means what it means to `kustomize edit set image`. */
export interface ImageArgument {
  /** As it was given. */
  readonly text: string;
  /** What the manifests call the image. */
  readonly name: string;
  /** Parts that are undefined are not said; "*" keeps what is there. */
  readonly parts: ImageParts;
}

/** The parts of an image that an argument can set. */
export interface ImageParts {
  readonly newName?: string | undefined;
  readonly tag?: string | undefined;
  readonly digest?: string | undefined;
}

// What is not fit for one line of a file, a commit message or a terminal.
const CONTROL = /[\p{Cc}\u2028\u2029]/u;

/** @returns a problem for what kustomize refuses (a name alone), and for no name at all */
export function parseImageArgument(text: string): Parsed<ImageArgument> {
  const shown = JSON.stringify(text);
  if (CONTROL.test(text) || !text.isWellFormed()) return unparsable(`${shown} has control characters`);
  const { name, newName, tag, digest } = parseKustomizeImage(text);
  if (name === undefined && newName === text) {
    return unparsable(`${shown} is only a name; write NAME:TAG, NAME@DIGEST or NAME=IMAGE`);
  }
  if ((name ?? newName) === '') return unparsable(`${shown} names no image`);
  const version = { tag, digest };
  if (name === undefined) return parsed({ text, name: newName, parts: version });
  return parsed({ text, name, parts: { newName: newName || undefined, ...version } });
}

/** What is suspicious about an argument that kustomize takes as it is: an empty variable, what no registry can hold. */
export function doubtsAbout({ text, parts: { tag, digest } }: ImageArgument): readonly string[] {
  const isOff = (part: string | undefined, parse: (text: string) => Parsed<unknown>) =>
    part !== undefined && part !== KEEP && !parse(part).ok;
  return [
    ...(/[:@=]$/.test(text) || text.includes('=:') || text.includes(':@') ? [`"${text}" has an empty part`] : []),
    ...(isOff(tag, parseTag) ? [`no registry can hold the tag of "${text}"`] : []),
    ...(isOff(digest, parseDigest) ? [`"${text}" ends in what is no digest`] : []),
  ];
}

/** The parts that an argument leaves where `present` stand: what is not said goes. */
export function settleParts({ parts }: ImageArgument, present: ImageParts): ImageParts {
  const settled = (part: string | undefined, now: string | undefined) => (part === KEEP ? now : part) || undefined;
  return {
    newName: settled(parts.newName, present.newName),
    tag: settled(parts.tag, present.tag),
    digest: settled(parts.digest, present.digest),
  };
}

/**
 * An image's text after an argument: what `kustomize build` makes of it by the entry that the argument leaves. A tag or
 * digest replaces both of the image's; what is not said stays.
 */
export function setImageText(argument: ImageArgument, text: string): string {
  const present = parseKustomizeImage(text);
  const { newName = present.newName, tag, digest } = settleParts(argument, present);
  const version = tag === undefined && digest === undefined ? present : { tag, digest };
  return formatImage({ newName, tag: version.tag, digest: version.digest });
}

/** An image as one text: "acme/web:1.2@sha256:...". */
export function formatImage({ newName, tag, digest }: KustomizeImage): string {
  return formatKustomizeImage({ newName, tag, digest });
}
