import type { Platform } from '../core/platform.ts';
import { type Digest, parseDigest } from '../core/reference.ts';
import { asText, isUntyped, listAt, type Untyped } from '../core/untyped.ts';
import type { Child, ImageConfig, Manifest } from './manifest.ts';

/** A manifest as text for the store. */
export function writeManifest(manifest: Manifest): string {
  return JSON.stringify(manifest, (_, value: unknown) => (typeof value === 'bigint' ? String(value) : value));
}

/** Undefined when the text is not one of writeManifest's: it is fetched again then. */
export function readManifest(text: string): Manifest | undefined {
  const json = parseObject(text);
  const createdNs = json && nanosecondsAt(json);
  const created = createdNs === undefined ? {} : { createdNs };
  switch (json?.['kind']) {
    case 'image': {
      const config = digestAt(json, 'config');
      return config && { kind: 'image', config, ...created };
    }
    case 'index': {
      const children = listAt(json, 'children').map(readChild);
      return children.includes(undefined)
        ? undefined
        : { kind: 'index', children: children.filter((child) => child !== undefined), ...created };
    }
    case 'other':
      return { kind: 'other', mediaType: asText(json['mediaType']) ?? '' };
    default:
      return undefined;
  }
}

function readChild(json: unknown): Child | undefined {
  const digest = isUntyped(json) ? digestAt(json, 'digest') : undefined;
  if (!isUntyped(json) || digest === undefined) return undefined;
  return { digest, isImage: json['isImage'] === true, platform: platformAt(json) };
}

/** A config as text for the store. */
export function writeConfig({ platform, createdNs, labels }: ImageConfig): string {
  return JSON.stringify({ platform, labels, ...(createdNs === undefined ? {} : { createdNs: String(createdNs) }) });
}

/** Undefined when the text is not one of writeConfig's. */
export function readConfig(text: string): ImageConfig | undefined {
  const json = parseObject(text);
  const platform = json && platformAt(json);
  const labels = json?.['labels'];
  if (!platform || !isUntyped(labels)) return undefined;
  return { platform, createdNs: nanosecondsAt(json), labels: textsOf(labels) };
}

function platformAt(json: Untyped): Platform | undefined {
  const platform = json['platform'];
  if (!isUntyped(platform)) return undefined;
  const { os, architecture, variant } = platform;
  if (typeof os !== 'string' || typeof architecture !== 'string') return undefined;
  return { os, architecture, ...(typeof variant === 'string' ? { variant } : {}) };
}

function textsOf(labels: Untyped): Readonly<Record<string, string>> {
  const texts = Object.entries(labels).flatMap(([key, value]) => (typeof value === 'string' ? [[key, value]] : []));
  return Object.fromEntries(texts);
}

function digestAt(json: Untyped, key: string): Digest | undefined {
  const digest = parseDigest(asText(json[key]) ?? '');
  return digest.ok ? digest.value : undefined;
}

function nanosecondsAt(json: Untyped): bigint | undefined {
  const text = json['createdNs'];
  return typeof text === 'string' && /^-?\d+$/.test(text) ? BigInt(text) : undefined;
}

function parseObject(text: string): Untyped | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isUntyped(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
