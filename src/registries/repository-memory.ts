import type { FirstSeen } from '../core/deciding/first-seen.ts';
import type { Digest, Tag } from '../core/reference.ts';
import type { ListUpdate, RememberedList, RememberedTag, RepositoryKey, ScanStore } from '../ports/store.ts';
import type { ImageConfig, Manifest } from './manifest.ts';
import { isDue } from './recheck.ts';
import { readConfig, readManifest, writeConfig, writeManifest } from './stored-content.ts';

/** What scans remember, and how long it is good for. */
export interface MemoryRules {
  readonly store: ScanStore;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Within this time every tag that was looked up is asked for again. */
  readonly recheckMs: number;
  /** What lies between two scans. */
  readonly intervalMs: number;
}

/** What scans of one repository, asked with one set of credentials, remember. */
export class RepositoryMemory {
  readonly intervalMs: number;
  readonly now: () => number;
  readonly #store: ScanStore;
  readonly #key: RepositoryKey;
  readonly #recheckMs: number;

  constructor({ store, now, recheckMs, intervalMs }: MemoryRules, key: RepositoryKey) {
    this.intervalMs = intervalMs;
    this.now = now;
    this.#store = store;
    this.#key = key;
    this.#recheckMs = recheckMs;
  }

  list(): Promise<RememberedList | undefined> {
    return this.#store.list(this.#key);
  }

  keepList(update: ListUpdate): Promise<void> {
    return this.#store.keepList(this.#key, update);
  }

  firstSeen(): Promise<FirstSeen> {
    return this.#store.firstSeen(this.#key);
  }

  tag(tag: Tag): Promise<RememberedTag | undefined> {
    return this.#store.tag(this.#key, tag);
  }

  keepTag(tag: Tag, digest: Digest): Promise<void> {
    return this.#store.keepTag(this.#key, tag, digest, this.now());
  }

  /** Whether it is the tag's turn to be asked for again. */
  isDue(tag: Tag, { checkedMs }: RememberedTag): boolean {
    return isDue(`${this.#key.name}:${tag}`, checkedMs, this.now(), this.#recheckMs);
  }

  async manifest(digest: Digest): Promise<Manifest | undefined> {
    const text = await this.#store.content(this.#key, digest, this.now());
    return text === undefined ? undefined : readManifest(text);
  }

  keepManifest(digest: Digest, manifest: Manifest): Promise<void> {
    return this.#store.keepContent(this.#key, digest, writeManifest(manifest), this.now());
  }

  async config(digest: Digest): Promise<ImageConfig | undefined> {
    const text = await this.#store.content(this.#key, digest, this.now());
    return text === undefined ? undefined : readConfig(text);
  }

  keepConfig(digest: Digest, config: ImageConfig): Promise<void> {
    return this.#store.keepContent(this.#key, digest, writeConfig(config), this.now());
  }
}
