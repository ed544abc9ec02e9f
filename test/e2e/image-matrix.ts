import { digestOf } from '../../src/core/digest.ts';
import type { Digest } from '../../src/core/reference.ts';
import type { Manifest, TinyImage } from '../../src/demo/tiny-image.ts';

const OCI = {
  index: 'application/vnd.oci.image.index.v1+json',
  manifest: 'application/vnd.oci.image.manifest.v1+json',
  config: 'application/vnd.oci.image.config.v1+json',
  layer: 'application/vnd.oci.image.layer.v1.tar+gzip',
};
const DOCKER: typeof OCI = {
  index: 'application/vnd.docker.distribution.manifest.list.v2+json',
  manifest: 'application/vnd.docker.distribution.manifest.v2+json',
  config: 'application/vnd.docker.container.image.v1+json',
  layer: 'application/vnd.docker.image.rootfs.diff.tar.gzip',
};

const AMD64 = { os: 'linux', architecture: 'amd64' };
const ARM64 = { os: 'linux', architecture: 'arm64', variant: 'v8' };
const ARM = { os: 'linux', architecture: 'arm', variant: 'v7' };
const WINDOWS = { os: 'windows', architecture: 'amd64' };

/** What an image is made of: one manifest of its own, or an index of several, with attestations or without. */
const SHAPES = {
  plain: { platforms: [AMD64] },
  'plain-arm64': { platforms: [ARM64] },
  'index-of-one': { platforms: [AMD64], isIndex: true },
  index: { platforms: [ARM, AMD64, ARM64], isIndex: true },
  'index-of-systems': { platforms: [WINDOWS, AMD64], isIndex: true },
  attested: { platforms: [AMD64, ARM64], isIndex: true, isAttested: true },
} as const;
type Shape = (typeof SHAPES)[keyof typeof SHAPES] & { readonly isIndex?: boolean; readonly isAttested?: boolean };

/** How a config says when the nth platform was built. */
const TIMES: Readonly<Record<string, (nth: number) => string | undefined>> = {
  seconds: (nth) => `2026-01-02T03:04:0${nth}Z`,
  nanoseconds: (nth) => `2026-01-02T03:04:05.12345678${nth}Z`,
  zone: (nth) => `2026-01-02T03:04:0${nth}.5+02:30`,
  undated: () => undefined,
};

/** Every shape in both formats, with every way to state a time, each under a tag that says which. */
export function imageMatrix(): ReadonlyMap<string, TinyImage> {
  const images = new Map<string, TinyImage>();
  for (const [format, types] of Object.entries({ oci: OCI, docker: DOCKER })) {
    for (const [name, shape] of Object.entries(SHAPES)) {
      for (const [time, createdAt] of Object.entries(TIMES)) {
        const tag = `${format}-${name}-${time}`;
        images.set(tag, makeImage(tag, types, shape, createdAt));
      }
    }
  }
  return images;
}

function makeImage(tag: string, types: typeof OCI, shape: Shape, createdAt: (nth: number) => string | undefined) {
  const layer = Buffer.from(`a layer of ${tag}`);
  const blobs: Uint8Array[] = [layer];
  const layers = [{ mediaType: types.layer, digest: digestOf(layer), size: layer.length }];
  const rootfs = { type: 'layers', diff_ids: [digestOf(layer)] };
  const children = shape.platforms.map((platform, nth) => {
    const config = json({ ...platform, created: createdAt(nth), config: {}, rootfs });
    blobs.push(config);
    const described = { mediaType: types.config, digest: digestOf(config), size: config.length };
    return { platform, manifest: manifestOf(types.manifest, { config: described, layers }) };
  });
  const [first] = children;
  if (!shape.isIndex && first !== undefined) return { blobs, manifests: [], top: first.manifest };
  const attested = shape.isAttested ? children.map(({ manifest }) => attestationOf(digestOf(manifest.bytes))) : [];
  blobs.push(...attested.map(({ config }) => config));
  const manifests = [...children, ...attested].map(({ manifest }) => manifest);
  const descriptors = [...children, ...attested].map(({ manifest, ...more }) => ({
    ...{ mediaType: manifest.mediaType, digest: digestOf(manifest.bytes), size: manifest.bytes.length },
    ...('platform' in more ? { platform: more.platform } : {}),
    ...('annotations' in more ? { annotations: more.annotations } : {}),
  }));
  return { blobs, manifests, top: manifestOf(types.index, { manifests: descriptors }) };
}

/** What BuildKit puts beside an image in its index; it has no platform, but is dated by its own config. */
function attestationOf(subject: Digest) {
  const config = json({ architecture: 'unknown', os: 'unknown', created: '2030-01-01T00:00:00Z', of: subject });
  const described = { mediaType: OCI.config, digest: digestOf(config), size: config.length };
  return {
    config,
    manifest: manifestOf(OCI.manifest, { config: described, layers: [] }),
    platform: { os: 'unknown', architecture: 'unknown' },
    annotations: {
      'vnd.docker.reference.type': 'attestation-manifest',
      'vnd.docker.reference.digest': subject,
    },
  };
}

function manifestOf(mediaType: string, content: object): Manifest {
  return { mediaType, bytes: json({ schemaVersion: 2, mediaType, ...content }) };
}

function json(value: unknown): Uint8Array {
  return Buffer.from(JSON.stringify(value));
}
