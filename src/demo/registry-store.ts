import { randomUUID } from 'node:crypto';
import { digestOf, matchesDigest } from '../core/digest.ts';
import type { Manifest } from './tiny-image.ts';

interface Repository {
  readonly manifests: Map<string, Manifest>;
  /** Digest by tag. */
  readonly tags: Map<string, string>;
}

interface Upload {
  readonly chunks: Uint8Array[];
  sizeBytes: number;
}

/** Uploads that nobody finishes must not fill the memory: the oldest gives way. */
const MOST_UPLOADS = 64;

/** What a registry holds, in memory and up to a cap. Content is kept once, whichever repositories name it. */
export class RegistryStore {
  readonly #capBytes: number;
  readonly #blobs = new Map<string, Uint8Array>();
  readonly #repositories = new Map<string, Repository>();
  readonly #uploads = new Map<string, Upload>();
  #sizeBytes = 0;

  constructor(capBytes: number) {
    this.#capBytes = capBytes;
  }

  /** Whether so many bytes more can be taken. */
  hasRoomFor(bytes: number): boolean {
    return this.#sizeBytes + bytes <= this.#capBytes;
  }

  blob(digest: string): Uint8Array | undefined {
    return this.#blobs.get(digest);
  }

  putBlob(bytes: Uint8Array, digest: string = digestOf(bytes)): string {
    if (!this.#blobs.has(digest)) {
      this.#blobs.set(digest, bytes);
      this.#sizeBytes += bytes.length;
    }
    return digest;
  }

  has(repository: string): boolean {
    return this.#repositories.has(repository);
  }

  /** Tags in byte order, as registries list them. */
  tags(repository: string): readonly string[] {
    return [...(this.#repositories.get(repository)?.tags.keys() ?? [])].sort();
  }

  /** @param reference  a tag or a digest */
  manifest(repository: string, reference: string): (Manifest & { readonly digest: string }) | undefined {
    const found = this.#repositories.get(repository);
    const digest = found?.tags.get(reference) ?? reference;
    const manifest = found?.manifests.get(digest);
    return manifest && { ...manifest, digest };
  }

  /** @param tag  undefined for a manifest that only its digest names */
  putManifest(
    repository: string,
    manifest: Manifest,
    tag: string | undefined,
    digest: string = digestOf(manifest.bytes),
  ): void {
    const found = this.#repositories.get(repository) ?? { manifests: new Map(), tags: new Map() };
    this.#repositories.set(repository, found);
    if (!found.manifests.has(digest)) this.#sizeBytes += manifest.bytes.length;
    found.manifests.set(digest, manifest);
    if (tag !== undefined) found.tags.set(tag, digest);
  }

  deleteTag(repository: string, tag: string): void {
    this.#repositories.get(repository)?.tags.delete(tag);
  }

  beginUpload(): string {
    const id = randomUUID();
    this.#uploads.set(id, { chunks: [], sizeBytes: 0 });
    const [oldest] = this.#uploads.keys();
    if (this.#uploads.size > MOST_UPLOADS && oldest !== undefined) this.#drop(oldest);
    return id;
  }

  /** Bytes received so far; undefined when there is no such upload. */
  uploadSize(id: string): number | undefined {
    return this.#uploads.get(id)?.sizeBytes;
  }

  append(id: string, chunk: Uint8Array): void {
    const upload = this.#uploads.get(id);
    if (upload === undefined) return;
    upload.chunks.push(chunk);
    upload.sizeBytes += chunk.length;
    this.#sizeBytes += chunk.length;
  }

  /** Turns an upload into a blob; false when its bytes are not what the digest says. Either way the upload is over. */
  finishUpload(id: string, digest: string): boolean {
    const bytes = Buffer.concat(this.#uploads.get(id)?.chunks ?? []);
    this.#drop(id);
    if (!matchesDigest(bytes, digest)) return false;
    this.putBlob(bytes, digest);
    return true;
  }

  #drop(id: string): void {
    this.#sizeBytes -= this.#uploads.get(id)?.sizeBytes ?? 0;
    this.#uploads.delete(id);
  }
}
