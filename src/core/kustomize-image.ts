import type { ImageVersion } from './image-version.ts';
import { parseDigest, parseTag } from './reference.ts';

/**
 * An image override as Argo CD and `kustomize edit set image` write it: `[name=]newName[:tag][@digest]`. All parts are
 * text as written; a part that is not there is undefined, and so is an empty tag or digest.
 */
export interface KustomizeImage {
  /** What the manifests call the image, before the `=`. */
  readonly name?: string;
  /** The image that comes out; without `name` it is what the manifests call it as well. */
  readonly newName: string;
  readonly tag?: string | undefined;
  readonly digest?: string | undefined;
}

/**
 * Reads any text, as kustomize does: at the first `=`, and behind the first slash, where a registry's port is over, at
 * the first colon and the first `@`. (kustomize 5.8.1: api/internal/image.)
 */
export function parseKustomizeImage(text: string): KustomizeImage {
  const equals = text.indexOf('=');
  const rest = text.slice(equals + 1);
  const path = Math.max(rest.indexOf('/'), 0);
  const at = rest.indexOf('@', path);
  const named = at < 0 ? rest : rest.slice(0, at);
  const colon = named.indexOf(':', path);
  const tag = colon < 0 ? '' : named.slice(colon + 1);
  const digest = at < 0 ? '' : rest.slice(at + 1);
  return {
    ...(equals < 0 ? {} : { name: text.slice(0, equals) }),
    newName: colon < 0 ? named : named.slice(0, colon),
    ...(tag === '' ? {} : { tag }),
    ...(digest === '' ? {} : { digest }),
  };
}

export function formatKustomizeImage(image: KustomizeImage): string {
  const name = image.name === undefined ? '' : `${image.name}=`;
  const tag = image.tag === undefined ? '' : `:${image.tag}`;
  const digest = image.digest === undefined ? '' : `@${image.digest}`;
  return `${name}${image.newName}${tag}${digest}`;
}

/** Kustomize takes an entry's name for a regular expression, and `*` for every image. What has no more is a name. */
export function isPlainName(name: string): boolean {
  return /^[\w./:@-]*$/.test(name);
}

/** The version that a tag and a digest, as written, state together; undefined for none and for what is no version. */
export function versionOf(tag: string | undefined, digest: string | undefined): ImageVersion | undefined {
  const parsedTag = tag ? parseTag(tag) : undefined;
  const parsedDigest = digest ? parseDigest(digest) : undefined;
  if (parsedTag?.ok === false || parsedDigest?.ok === false) return undefined;
  if (parsedTag) return { tag: parsedTag.value, ...(parsedDigest ? { digest: parsedDigest.value } : {}) };
  return parsedDigest && { digest: parsedDigest.value };
}
