import { type Parsed, parsed, unparsable } from '../core/parsed.ts';
import type { Platform } from '../core/platform.ts';
import { type Digest, parseDigest } from '../core/reference.ts';
import { parseTimestamp } from '../core/timestamp.ts';
import { isUntyped, listAt, mappingAt, type Untyped } from '../core/untyped.ts';

/**
 * What a manifest says, as far as it matters here; `createdNs` by its annotation, in nanoseconds since 1970. Never
 * changes for a digest.
 */
export type Manifest =
  | { readonly kind: 'image'; readonly config: Digest; readonly createdNs?: bigint }
  | { readonly kind: 'index'; readonly children: readonly Child[]; readonly createdNs?: bigint }
  /** A signature, an attestation, a chart, an image of Docker's first format. */
  | { readonly kind: 'other'; readonly mediaType: string };

export interface Child {
  readonly digest: Digest;
  /** Whether the index says that it is an image; it may be an index in turn otherwise. */
  readonly isImage: boolean;
  /** Undefined when the index does not say. */
  readonly platform: Platform | undefined;
}

/** What an image's config blob says. */
export interface ImageConfig {
  readonly platform: Platform;
  readonly createdNs: bigint | undefined;
  /** As many as are worth keeping. */
  readonly labels: Readonly<Record<string, string>>;
}

const IMAGE_MANIFESTS = [
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.v2+json',
];
const INDEXES = [
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
];
const IMAGE_CONFIGS = ['application/vnd.oci.image.config.v1+json', 'application/vnd.docker.container.image.v1+json'];
const IMAGE_LAYER = /^application\/vnd\.(?:oci\.image\.layer\.|docker\.image\.rootfs\.)/;

/** Everything that can be read here; a registry answers with what it has of these. */
export const ACCEPTED = [...IMAGE_MANIFESTS, ...INDEXES].join(', ');

export function isKnownMediaType(mediaType: string): boolean {
  return IMAGE_MANIFESTS.includes(mediaType) || INDEXES.includes(mediaType);
}

/** No index of a real image comes near; a hostile one must not cost thousands of requests. */
const MOST_CHILDREN = 500;

/** @param contentType  what the registry called it, for a manifest that does not say itself */
export function parseManifest(bytes: Uint8Array, contentType: string): Parsed<Manifest> {
  const json = parseObject(bytes);
  if (json === undefined) return unparsable('its manifest is not a JSON object');
  const mediaType = nameOf(json['mediaType']) ?? contentType;
  // A text that is both would be one thing to us and another to the machine that runs it (CVE-2021-41190).
  const isIndex = 'manifests' in json;
  if (isIndex && ('layers' in json || 'config' in json))
    return unparsable('its manifest is an image and an index at once');
  if (isIndex) return 'artifactType' in json ? other(json, mediaType) : parseIndex(json);
  if (!('config' in json)) return parsed({ kind: 'other', mediaType });
  return parseImage(json, mediaType);
}

function parseIndex(json: Untyped): Parsed<Manifest> {
  const descriptors = listAt(json, 'manifests');
  if (descriptors.length > MOST_CHILDREN) return unparsable(`its index has more than ${MOST_CHILDREN} manifests`);
  const children: Child[] = [];
  for (const descriptor of descriptors) {
    if (!isUntyped(descriptor)) return unparsable('its index has a descriptor that is not an object');
    if (isAttestation(descriptor)) continue;
    const digest = parseDigest(String(descriptor['digest']));
    if (!digest.ok) return unparsable('its index has a descriptor without digest');
    const isImage = IMAGE_MANIFESTS.includes(nameOf(descriptor['mediaType']) ?? '');
    children.push({ digest: digest.value, isImage, platform: platformOf(descriptor['platform']) });
  }
  return parsed({ kind: 'index', children, ...annotatedDate(json) });
}

/** BuildKit hangs provenance and SBOMs beside the images of an index, for the platform unknown/unknown. */
function isAttestation(descriptor: Untyped): boolean {
  if ('vnd.docker.reference.type' in mappingAt(descriptor, 'annotations')) return true;
  const platform = mappingAt(descriptor, 'platform');
  return platform['os'] === 'unknown' && platform['architecture'] === 'unknown';
}

function parseImage(json: Untyped, mediaType: string): Parsed<Manifest> {
  const config = mappingAt(json, 'config');
  const configType = nameOf(config['mediaType']) ?? '';
  if ('artifactType' in json || !IMAGE_CONFIGS.includes(configType)) return other(json, configType || mediaType);
  const layers = listAt(json, 'layers').filter(isUntyped);
  const layerTypes = layers.map((layer) => nameOf(layer['mediaType']) ?? '');
  const [firstLayer] = layerTypes;
  // Classic signatures call themselves images by their config; their layers give them away.
  if (firstLayer !== undefined && !layerTypes.some((type) => IMAGE_LAYER.test(type))) {
    return parsed({ kind: 'other', mediaType: firstLayer });
  }
  const digest = parseDigest(String(config['digest']));
  if (!digest.ok) return unparsable('its manifest names no config blob');
  return parsed({ kind: 'image', config: digest.value, ...annotatedDate(json) });
}

/** OCI image spec v1.1, "Pre-Defined Annotation Keys". */
function annotatedDate(json: Untyped): { readonly createdNs?: bigint } {
  const created = mappingAt(json, 'annotations')['org.opencontainers.image.created'];
  const createdNs = typeof created === 'string' ? parseTimestamp(created) : undefined;
  return createdNs === undefined ? {} : { createdNs };
}

function other(json: Untyped, mediaType: string): Parsed<Manifest> {
  return parsed({ kind: 'other', mediaType: nameOf(json['artifactType']) ?? mediaType });
}

/** OCI image spec v1.1, "OCI Image Configuration". */
export function parseImageConfig(bytes: Uint8Array): Parsed<ImageConfig> {
  const json = parseObject(bytes);
  if (json === undefined) return unparsable('its config blob is not a JSON object');
  const { created } = json;
  const platform = platformOf(json) ?? { os: 'unknown', architecture: 'unknown' };
  const createdNs = typeof created === 'string' ? parseTimestamp(created) : undefined;
  return parsed({ platform, createdNs, labels: boundedLabels(mappingAt(mappingAt(json, 'config'), 'Labels')) });
}

/** Real labels have a tenth of it; a config blob of megabytes must not end in the store. */
const MOST_LABEL_CHARACTERS = 8_192;

function boundedLabels(labels: Untyped): Readonly<Record<string, string>> {
  let room = MOST_LABEL_CHARACTERS;
  const kept: [string, string][] = [];
  for (const [key, value] of Object.entries(labels)) {
    if (typeof value !== 'string' || key.length + value.length > room) continue;
    room -= key.length + value.length;
    kept.push([key, value]);
  }
  return Object.fromEntries(kept);
}

function platformOf(value: unknown): Platform | undefined {
  if (!isUntyped(value)) return undefined;
  const { os, architecture, variant } = value;
  if (typeof os !== 'string' || typeof architecture !== 'string') return undefined;
  return { os, architecture, ...(typeof variant === 'string' && variant !== '' ? { variant } : {}) };
}

/** A media type that can be shown; registries send any text. */
function nameOf(value: unknown): string | undefined {
  return typeof value === 'string' && /^[\w.+/;= -]{1,255}$/.test(value) ? value : undefined;
}

function parseObject(bytes: Uint8Array): Untyped | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(bytes).toString());
    return isUntyped(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
