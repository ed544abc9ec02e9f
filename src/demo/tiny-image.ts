import { gzipSync } from 'node:zlib';
import { digestOf } from '../core/digest.ts';
import { type Platform, parsePlatform } from '../core/platform.ts';

/** What a made-up image says about itself. */
export interface ImageSpec {
  /** RFC 3339 text is taken as it is, so that a wrong one can be put too. */
  readonly created: Date | string;
  /** "linux/amd64"; one makes a plain image, several an index above one image each. Default: linux/amd64. */
  readonly platforms?: readonly string[];
  readonly labels?: Readonly<Record<string, string>>;
}

export interface Manifest {
  readonly mediaType: string;
  readonly bytes: Uint8Array;
}

/** An image as a registry stores it: the blobs first, then the manifests, the one that a tag names last. */
export interface TinyImage {
  readonly blobs: readonly Uint8Array[];
  readonly manifests: readonly Manifest[];
  readonly top: Manifest;
}

interface Descriptor {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
}

/**
 * A real image (config, one layer of one small file, manifest) for each platform; docker and skopeo accept it.
 * @param content  the file's text; images with different text have different digests
 */
export function tinyImage(spec: ImageSpec, content: string): TinyImage {
  const platforms = (spec.platforms ?? ['linux/amd64']).map(readPlatform);
  const images = platforms.map((platform) => onePlatform(spec, platform, content));
  const blobs = images.flatMap((image) => image.blobs);
  const manifests = images.map((image) => image.manifest);
  const [only, ...others] = manifests;
  if (only === undefined) throw new Error('an image needs a platform');
  if (others.length === 0) return { blobs, manifests, top: only };
  const index = json('application/vnd.oci.image.index.v1+json', {
    schemaVersion: 2,
    mediaType: 'application/vnd.oci.image.index.v1+json',
    manifests: manifests.map((manifest, at) => ({ ...describe(manifest), platform: platforms[at] })),
  });
  return { blobs, manifests: [...manifests, index], top: index };
}

function readPlatform(text: string): Platform {
  const platform = parsePlatform(text);
  if (!platform.ok) throw new Error(platform.problem);
  return platform.value;
}

function onePlatform(spec: ImageSpec, platform: Platform, content: string) {
  const created = typeof spec.created === 'string' ? spec.created : spec.created.toISOString();
  const archive = tar('version.txt', `${content} ${platform.os}/${platform.architecture}\n`);
  const layer = { mediaType: 'application/vnd.oci.image.layer.v1.tar+gzip', bytes: gzipSync(archive) };
  const config = json('application/vnd.oci.image.config.v1+json', {
    created,
    ...platform,
    config: { Labels: spec.labels ?? {} },
    rootfs: { type: 'layers', diff_ids: [digestOf(archive)] },
    history: [{ created }],
  });
  const manifest = json('application/vnd.oci.image.manifest.v1+json', {
    schemaVersion: 2,
    mediaType: 'application/vnd.oci.image.manifest.v1+json',
    config: describe(config),
    layers: [describe(layer)],
  });
  return { blobs: [layer.bytes, config.bytes], manifest };
}

function json(mediaType: string, value: unknown): Manifest {
  return { mediaType, bytes: new TextEncoder().encode(JSON.stringify(value)) };
}

function describe(content: Manifest): Descriptor {
  return { mediaType: content.mediaType, digest: digestOf(content.bytes), size: content.bytes.length };
}

const BLOCK = 512;

/** A tar archive of one file: POSIX.1-1988 "ustar" header, the text, two blocks of zeros. */
function tar(name: string, text: string): Uint8Array {
  const body = Buffer.from(text);
  const header = Buffer.alloc(BLOCK);
  header.write(name, 0);
  header.write('0000644\0', 100); // mode
  header.write('0000000\0', 108); // owner
  header.write('0000000\0', 116); // group
  header.write(`${octal(body.length, 11)}\0`, 124);
  header.write('00000000000\0', 136); // modification time: fixed, so that equal content has equal digests
  header.write('        0', 148); // checksum, blank while it is computed; type: file
  header.write('ustar\x0000', 257);
  const checksum = header.reduce((sum, byte) => sum + byte, 0);
  header.write(`${octal(checksum, 6)}\0 `, 148);
  const padding = Buffer.alloc((BLOCK - (body.length % BLOCK)) % BLOCK);
  return Buffer.concat([header, body, padding, Buffer.alloc(2 * BLOCK)]);
}

function octal(value: number, digits: number): string {
  return value.toString(8).padStart(digits, '0');
}
