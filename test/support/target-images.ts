import type { ImageVersion } from '../../src/core/image-version.ts';
import { parseDigest, parseImageReference, parseTag } from '../../src/core/reference.ts';
import type { TargetImage, WantedImage } from '../../src/core/target.ts';

/** An image as a target is asked about it: "registry.example.com/acme/web". */
export function targetImage(name: string, more: Partial<TargetImage> = {}): TargetImage {
  const image = parseImageReference(name);
  if (!image.ok) throw new Error(image.problem);
  const { registry, repository } = image.value;
  return { image: { registry, repository }, keys: {}, tool: 'Kustomize', source: SOURCE, ...more };
}

/** An image and its wanted version, "tag", "tag@digest" or "@digest". */
export function wantedImage(name: string, version: string, more: Partial<TargetImage> = {}): WantedImage {
  return { ...targetImage(name, more), version: versionFrom(version) };
}

export function versionFrom(text: string): ImageVersion {
  const [tagText = '', digestText] = text.split('@');
  const tag = tagText === '' ? undefined : parseTag(tagText);
  const digest = digestText === undefined ? undefined : parseDigest(digestText);
  if (tag?.ok) return digest?.ok ? { tag: tag.value, digest: digest.value } : { tag: tag.value };
  if (digest?.ok) return { digest: digest.value };
  throw new Error(`"${text}" is not a version`);
}

const SOURCE: TargetImage['source'] = {
  repoURL: 'https://git.example.com/acme/deploy.git',
  path: 'apps/web',
  targetRevision: 'main',
  plugin: false,
  directory: false,
};
