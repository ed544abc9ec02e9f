import { digestOf, matchesDigest } from '../core/digest.ts';
import { Failure } from '../core/failure.ts';
import { type Digest, parseDigest, type Tag } from '../core/reference.ts';
import { isUntyped } from '../core/untyped.ts';
import type { RememberedPage } from '../ports/store.ts';
import type { Access } from './access.ts';
import { invalidAnswer } from './invalid-answer.ts';
import {
  ACCEPTED,
  type ImageConfig,
  isKnownMediaType,
  type Manifest,
  parseImageConfig,
  parseManifest,
} from './manifest.ts';
import { describeRateLimit } from './rate-limit.ts';
import type { RepositoryMemory } from './repository-memory.ts';
import { readTagPage } from './tag-page.ts';
import type { HttpAnswer } from './transport.ts';

/** A manifest with the digest of its bytes. */
export interface Fetched {
  readonly digest: Digest;
  readonly manifest: Manifest;
}

const PAGE_SIZE = 1000;
const MOST_PAGES = 1000;
const MOST_TAGS = 500_000;
const PAGE_LIMIT_BYTES = 8 * 1024 * 1024;
const MANIFEST_LIMIT_BYTES = 4 * 1024 * 1024;
const CONFIG_LIMIT_BYTES = 4 * 1024 * 1024;

/** One repository of one registry: the requests of the distribution API, their answers checked. */
export class RepositoryClient {
  readonly #access: Access;
  readonly #repository: string;
  /** Of this repository and these credentials alone. */
  readonly memory: RepositoryMemory;
  /** The tags of which this client itself heard what they point at; it lives for one scan. */
  readonly #asked = new Set<Tag>();

  constructor(access: Access, repository: string, memory: RepositoryMemory) {
    this.#access = access;
    this.#repository = repository;
    this.memory = memory;
  }

  /**
   * All pages of the list of tags, in the registry's order. Those that were read before are asked for on condition that
   * they changed, where the registry gave them an ETag.
   * @throws {Failure} REGISTRY_INVALID_ANSWER when a page is missing or unreadable
   * @see OCI distribution spec v1.1, "Listing Tags"
   */
  async tagPages(before: readonly RememberedPage[], signal: AbortSignal): Promise<readonly RememberedPage[]> {
    const known = new Map(before.map((page) => [page.url, page]));
    const pages = new Map<string, RememberedPage>();
    let tags = 0;
    let url: URL | undefined = this.#url(`tags/list?n=${PAGE_SIZE}`);
    while (url !== undefined) {
      if (pages.has(url.href)) throw invalidAnswer(url, 'its pages of tags lead in a circle');
      const page = await this.#tagPage(url, known.get(url.href), signal);
      pages.set(url.href, page);
      tags += page.tags.length;
      if (pages.size > MOST_PAGES || tags > MOST_TAGS) throw invalidAnswer(url, 'its list of tags has no end');
      url = page.next === undefined ? undefined : new URL(page.next);
    }
    return [...pages.values()];
  }

  async #tagPage(url: URL, known: RememberedPage | undefined, signal: AbortSignal): Promise<RememberedPage> {
    const condition = known?.etag === undefined ? {} : { 'if-none-match': known.etag };
    const headers = { accept: 'application/json', ...condition };
    const request = { method: 'GET', url, headers, limitBytes: PAGE_LIMIT_BYTES } as const;
    const answer = await this.#access.send(request, this.#repository, signal);
    if (answer.status === 304 && known?.etag !== undefined) return known;
    if (answer.status !== 200) throw this.#unexpected(answer, 'the list of tags');
    return readTagPage(url, answer);
  }

  /**
   * The digest that a tag points at. Asked with HEAD, which Docker Hub does not count as a pull.
   * @returns undefined when there is no such tag, 'unstated' when the registry's answer does not say
   */
  async digestOfTag(tag: Tag, signal: AbortSignal): Promise<Digest | 'unstated' | undefined> {
    const url = this.#url(`manifests/${tag}`);
    const request = { method: 'HEAD', url, headers: { accept: ACCEPTED }, limitBytes: 0 } as const;
    const answer = await this.#access.send(request, this.#repository, signal);
    if (answer.status === 404) return undefined;
    if ([400, 405, 501].includes(answer.status)) return 'unstated';
    if (answer.status !== 200) throw this.#unexpected(answer, `tag ${tag}`);
    const digest = parseDigest([answer.headers['docker-content-digest'] ?? ''].flat()[0] ?? '');
    if (!digest.ok || !isKnownMediaType(mediaTypeOf(answer))) return 'unstated';
    await this.#keepTag(tag, digest.value);
    return digest.value;
  }

  /**
   * What a tag points at; undefined when there is no such tag. A tag known from before costs one HEAD.
   * @param remembered  what is known from before will do, unless it is the tag's turn to be asked for again
   */
  async manifestOfTag(tag: Tag, { remembered = false }, signal: AbortSignal): Promise<Fetched | undefined> {
    const known = await this.memory.tag(tag);
    if (known !== undefined) {
      const isGood = this.#asked.has(tag) || (remembered && !this.memory.isDue(tag, known));
      const digest = isGood ? known.digest : await this.digestOfTag(tag, signal);
      if (digest === undefined) return undefined;
      const manifest = digest === 'unstated' ? undefined : await this.memory.manifest(digest);
      if (digest !== 'unstated' && manifest !== undefined) return { digest, manifest };
    }
    const answer = await this.#get(this.#url(`manifests/${tag}`), ACCEPTED, MANIFEST_LIMIT_BYTES, signal);
    if (answer.status === 404) return undefined;
    if (answer.status !== 200) throw this.#unexpected(answer, `tag ${tag}`);
    const stated = [answer.headers['docker-content-digest'] ?? ''].flat()[0] ?? '';
    if (stated !== '' && !matchesDigest(answer.body, stated)) throw this.#mismatch(`tag ${tag}`, stated);
    const fetched = { digest: digestOf(answer.body), manifest: this.#readManifest(answer) };
    await this.memory.keepManifest(fetched.digest, fetched.manifest);
    await this.#keepTag(tag, fetched.digest);
    return fetched;
  }

  async #keepTag(tag: Tag, digest: Digest): Promise<void> {
    await this.memory.keepTag(tag, digest);
    this.#asked.add(tag);
  }

  /** @throws {Failure} REGISTRY_DIGEST_MISMATCH, REGISTRY_INVALID_ANSWER when it is not there */
  async manifestOfDigest(digest: Digest, signal: AbortSignal): Promise<Manifest> {
    const known = await this.memory.manifest(digest);
    if (known !== undefined) return known;
    const answer = await this.#content(`manifests/${digest}`, digest, MANIFEST_LIMIT_BYTES, signal);
    const manifest = this.#readManifest(answer);
    await this.memory.keepManifest(digest, manifest);
    return manifest;
  }

  /** @throws {Failure} REGISTRY_DIGEST_MISMATCH, REGISTRY_INVALID_ANSWER when it is not there or not a config */
  async config(digest: Digest, signal: AbortSignal): Promise<ImageConfig> {
    const known = await this.memory.config(digest);
    if (known !== undefined) return known;
    const answer = await this.#content(`blobs/${digest}`, digest, CONFIG_LIMIT_BYTES, signal);
    const config = parseImageConfig(answer.body);
    if (!config.ok) throw invalidAnswer(answer.url, config.problem);
    await this.memory.keepConfig(digest, config.value);
    return config.value;
  }

  /** Content by its digest, which it must have. */
  async #content(path: string, digest: Digest, limitBytes: number, signal: AbortSignal): Promise<HttpAnswer> {
    const url = this.#url(path);
    const answer = await this.#get(url, path.startsWith('manifests/') ? ACCEPTED : '*/*', limitBytes, signal);
    if (answer.status === 404) throw invalidAnswer(url, `it names ${digest}, but does not have it`);
    if (answer.status !== 200) throw this.#unexpected(answer, digest);
    if (!matchesDigest(answer.body, digest)) throw this.#mismatch(digest, digest);
    return answer;
  }

  #readManifest(answer: HttpAnswer): Manifest {
    const manifest = parseManifest(answer.body, mediaTypeOf(answer));
    if (manifest.ok) return manifest.value;
    throw invalidAnswer(answer.url, manifest.problem);
  }

  #get(url: URL, accept: string, limitBytes: number, signal: AbortSignal): Promise<HttpAnswer> {
    return this.#access.send({ method: 'GET', url, headers: { accept }, limitBytes }, this.#repository, signal);
  }

  #url(path: string): URL {
    return new URL(`${this.#access.client.endpoint.apiUrl}/v2/${this.#repository}/${path}`);
  }

  /** What is left of the registry's limits, where it says so. */
  get remarks(): readonly string[] {
    const { endpoint, rateLimit } = this.#access.client;
    return rateLimit === undefined ? [] : [describeRateLimit(endpoint.name, rateLimit)];
  }

  /** Host and repository, for people. */
  get name(): string {
    return `${new URL(this.#access.client.endpoint.apiUrl).host}/${this.#repository}`;
  }

  #unexpected(answer: HttpAnswer, what: string): Failure {
    const { status, url } = answer;
    if (status === 401 || status === 403) return this.#access.refused(answer, `${what} of ${this.name}`);
    if (status === 429 || status >= 500) return this.#access.client.exhausted(answer);
    if (status !== 404) return invalidAnswer(url, `it answered ${status}${errorCode(answer)}`);
    return new Failure('REGISTRY_NOT_FOUND', `${this.name} is not there${errorCode(answer)}`, {
      fix: "correct the image's name or api_url; some registries also answer so when credentials are missing",
    });
  }

  #mismatch(what: string, digest: string): Failure {
    return new Failure('REGISTRY_DIGEST_MISMATCH', `${this.name}: the content of ${what} is not what ${digest} names`, {
      fix: 'look at the registry and at proxies on the way: something changes or confuses content',
      retry: { kind: 'backoff' },
    });
  }
}

function mediaTypeOf({ headers }: HttpAnswer): string {
  return (headers['content-type'] ?? '').split(';', 1)[0]?.trim() ?? '';
}

/** The registry's own word for what is wrong, " (NAME_UNKNOWN)". Its messages are any text, so they are not shown. */
function errorCode({ body }: HttpAnswer): string {
  const json = parseJson(Buffer.from(body).toString());
  const errors: unknown = isUntyped(json) ? json['errors'] : undefined;
  const first: unknown = Array.isArray(errors) ? errors[0] : undefined;
  const code = isUntyped(first) ? first['code'] : undefined;
  return typeof code === 'string' && /^[A-Z_]{1,40}$/.test(code) ? ` (${code})` : '';
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
