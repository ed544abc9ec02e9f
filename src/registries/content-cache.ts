import type { Digest, Tag } from '../core/reference.ts';
import type { ImageConfig, Manifest } from './manifest.ts';

/** A hundred bytes or so each. */
const MOST_ENTRIES = 20_000;

/**
 * What the digests of one repository say, which never changes, and which tags were looked at before. Bounded: what was
 * kept first goes first, and is read again when it is needed.
 */
export class ContentCache {
  readonly #manifests = new Map<Digest, Manifest>();
  readonly #configs = new Map<Digest, ImageConfig>();
  readonly #tags = new Map<Tag, true>();

  manifest(digest: Digest): Manifest | undefined {
    return this.#manifests.get(digest);
  }

  keepManifest(digest: Digest, manifest: Manifest): void {
    keep(this.#manifests, digest, manifest);
  }

  config(digest: Digest): ImageConfig | undefined {
    return this.#configs.get(digest);
  }

  keepConfig(digest: Digest, config: ImageConfig): void {
    keep(this.#configs, digest, config);
  }

  hasSeen(tag: Tag): boolean {
    return this.#tags.has(tag);
  }

  see(tag: Tag): void {
    keep(this.#tags, tag, true);
  }
}

function keep<K, V>(map: Map<K, V>, key: K, value: V): void {
  map.set(key, value);
  const [oldest] = map.keys();
  if (map.size > MOST_ENTRIES && oldest !== undefined) map.delete(oldest);
}
