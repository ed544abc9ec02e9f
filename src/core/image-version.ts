import { type Parsed, parsed, unparsable } from './parsed.ts';
import { type Digest, parseDigest, parseTag, type Tag } from './reference.ts';

/**
 * What a place in Git says about an image: a tag, a digest, or both (then the digest decides what runs).
 * Never neither: "says nothing" is `undefined` at the place of use.
 */
export type ImageVersion =
  | { readonly tag: Tag; readonly digest?: Digest }
  | { readonly tag?: undefined; readonly digest: Digest };

/** "tag", "tag@digest" or "@digest": the form used in output, trailers and comparisons. */
export function formatVersion(version: ImageVersion): string {
  return `${version.tag ?? ''}${version.digest ? `@${version.digest}` : ''}`;
}

/** Reads what `formatVersion` writes. */
export function parseVersionText(text: string): Parsed<ImageVersion> {
  const at = text.indexOf('@');
  const tag = at === 0 ? undefined : parseTag(at < 0 ? text : text.slice(0, at));
  const digest = at < 0 ? undefined : parseDigest(text.slice(at + 1));
  if (tag?.ok === false) return tag;
  if (digest?.ok === false) return digest;
  if (tag && digest) return parsed({ tag: tag.value, digest: digest.value });
  if (tag) return parsed({ tag: tag.value });
  return digest ? parsed({ digest: digest.value }) : unparsable('it names neither a tag nor a digest');
}

/** The tag parameter's text in a Helm values file or override: "tag", "tag@digest", or "latest@digest" as upstream. */
export function formatHelmTag(version: ImageVersion): string {
  if (version.tag === undefined) return `latest@${version.digest}`;
  return version.digest ? `${version.tag}@${version.digest}` : version.tag;
}

export function sameVersion(a: ImageVersion | undefined, b: ImageVersion | undefined): boolean {
  return a?.tag === b?.tag && a?.digest === b?.digest;
}
