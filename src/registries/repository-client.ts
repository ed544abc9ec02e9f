import { digestOf, matchesDigest } from '../core/digest.ts';
import { Failure } from '../core/failure.ts';
import { type Digest, parseDigest, type Tag } from '../core/reference.ts';
import { isUntyped } from '../core/untyped.ts';
import type { Access } from './access.ts';
import type { ContentCache } from './content-cache.ts';
import { nextLink } from './link.ts';
import {
  ACCEPTED,
  type ImageConfig,
  isKnownMediaType,
  type Manifest,
  parseImageConfig,
  parseManifest,
} from './manifest.ts';
import { safeUrl } from './network-failure.ts';
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
  readonly #cache: ContentCache;

  /** @param cache  keeps what was read by digest, for this repository and these credentials alone */
  constructor(access: Access, repository: string, cache: ContentCache) {
    this.#access = access;
    this.#repository = repository;
    this.#cache = cache;
  }

  /**
   * Every tag, in the registry's order.
   * @throws {Failure} REGISTRY_EMPTY when there is none; REGISTRY_INVALID_ANSWER when a page is missing or unreadable
   * @see OCI distribution spec v1.1, "Listing Tags"
   */
  async listTags(signal: AbortSignal): Promise<readonly string[]> {
    const tags: string[] = [];
    const visited = new Set<string>();
    let url: URL | undefined = this.#url(`tags/list?n=${PAGE_SIZE}`);
    while (url !== undefined) {
      if (visited.has(url.href)) throw this.#invalid(url, 'its pages of tags lead in a circle');
      visited.add(url.href);
      const answer = await this.#get(url, 'application/json', PAGE_LIMIT_BYTES, signal);
      if (answer.status !== 200) throw this.#unexpected(answer, 'the list of tags');
      tags.push(...this.#readPage(answer));
      if (visited.size > MOST_PAGES || tags.length > MOST_TAGS) throw this.#invalid(url, 'its list of tags has no end');
      url = this.#nextPage(answer);
    }
    if (tags.length > 0) return tags;
    throw new Failure('REGISTRY_EMPTY', `${this.#name} has no tags`, {
      fix: 'push an image, or check whether something deleted them all',
      retry: { kind: 'backoff' },
    });
  }

  #readPage({ body, headers, url }: HttpAnswer): readonly string[] {
    const text = Buffer.from(body).toString();
    if (/^\s*</.test(text) || /html/i.test(headers['content-type'] ?? '')) {
      throw this.#invalid(url, 'it answered with a web page instead of a list of tags');
    }
    const json = parseJson(text);
    if (!isUntyped(json) || !('tags' in json))
      throw this.#invalid(url, 'it answered with something else than a list of tags');
    // Some registries write null for none.
    const tags: unknown = json['tags'] ?? [];
    if (Array.isArray(tags) && tags.every((tag) => typeof tag === 'string')) return tags;
    throw this.#invalid(url, 'its list of tags holds something else than texts');
  }

  #nextPage({ headers, url }: HttpAnswer): URL | undefined {
    const link = nextLink(headers.link);
    if (!link.ok) throw this.#invalid(url, link.problem);
    if (link.value === undefined) return undefined;
    const next = URL.canParse(link.value, url) ? new URL(link.value, url) : undefined;
    if (
      next === undefined ||
      !['http:', 'https:'].includes(next.protocol) ||
      next.username !== '' ||
      next.password !== ''
    ) {
      throw this.#invalid(url, 'the Link header to its next page is not a usable URL');
    }
    if (next.protocol === 'http:' && url.protocol === 'https:') {
      throw this.#invalid(url, 'the Link header to its next page goes from HTTPS to plain HTTP');
    }
    if (next.hostname !== url.hostname) {
      throw this.#invalid(url, 'the Link header to its next page leads to another host');
    }
    return next;
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
    return digest.ok && isKnownMediaType(mediaTypeOf(answer)) ? digest.value : 'unstated';
  }

  /** What a tag points at; undefined when there is no such tag. A tag known from before costs one HEAD. */
  async manifestOfTag(tag: Tag, signal: AbortSignal): Promise<Fetched | undefined> {
    if (this.#cache.hasSeen(tag)) {
      const digest = await this.digestOfTag(tag, signal);
      if (digest === undefined) return undefined;
      const manifest = digest === 'unstated' ? undefined : this.#cache.manifest(digest);
      if (digest !== 'unstated' && manifest !== undefined) return { digest, manifest };
    }
    const answer = await this.#get(this.#url(`manifests/${tag}`), ACCEPTED, MANIFEST_LIMIT_BYTES, signal);
    if (answer.status === 404) return undefined;
    if (answer.status !== 200) throw this.#unexpected(answer, `tag ${tag}`);
    const stated = [answer.headers['docker-content-digest'] ?? ''].flat()[0] ?? '';
    if (stated !== '' && !matchesDigest(answer.body, stated)) throw this.#mismatch(`tag ${tag}`, stated);
    const fetched = { digest: digestOf(answer.body), manifest: this.#readManifest(answer) };
    this.#cache.keepManifest(fetched.digest, fetched.manifest);
    this.#cache.see(tag);
    return fetched;
  }

  /** @throws {Failure} REGISTRY_DIGEST_MISMATCH, REGISTRY_INVALID_ANSWER when it is not there */
  async manifestOfDigest(digest: Digest, signal: AbortSignal): Promise<Manifest> {
    const known = this.#cache.manifest(digest);
    if (known !== undefined) return known;
    const answer = await this.#content(`manifests/${digest}`, digest, MANIFEST_LIMIT_BYTES, signal);
    const manifest = this.#readManifest(answer);
    this.#cache.keepManifest(digest, manifest);
    return manifest;
  }

  /** @throws {Failure} REGISTRY_DIGEST_MISMATCH, REGISTRY_INVALID_ANSWER when it is not there or not a config */
  async config(digest: Digest, signal: AbortSignal): Promise<ImageConfig> {
    const known = this.#cache.config(digest);
    if (known !== undefined) return known;
    const answer = await this.#content(`blobs/${digest}`, digest, CONFIG_LIMIT_BYTES, signal);
    const config = parseImageConfig(answer.body);
    if (!config.ok) throw this.#invalid(answer.url, config.problem);
    this.#cache.keepConfig(digest, config.value);
    return config.value;
  }

  /** Content by its digest, which it must have. */
  async #content(path: string, digest: Digest, limitBytes: number, signal: AbortSignal): Promise<HttpAnswer> {
    const url = this.#url(path);
    const answer = await this.#get(url, path.startsWith('manifests/') ? ACCEPTED : '*/*', limitBytes, signal);
    if (answer.status === 404) throw this.#invalid(url, `it names ${digest}, but does not have it`);
    if (answer.status !== 200) throw this.#unexpected(answer, digest);
    if (!matchesDigest(answer.body, digest)) throw this.#mismatch(digest, digest);
    return answer;
  }

  #readManifest(answer: HttpAnswer): Manifest {
    const manifest = parseManifest(answer.body, mediaTypeOf(answer));
    if (manifest.ok) return manifest.value;
    throw this.#invalid(answer.url, manifest.problem);
  }

  #get(url: URL, accept: string, limitBytes: number, signal: AbortSignal): Promise<HttpAnswer> {
    return this.#access.send({ method: 'GET', url, headers: { accept }, limitBytes }, this.#repository, signal);
  }

  #url(path: string): URL {
    return new URL(`${this.#access.client.endpoint.apiUrl}/v2/${this.#repository}/${path}`);
  }

  /** Host and repository, for people. */
  get #name(): string {
    return `${new URL(this.#access.client.endpoint.apiUrl).host}/${this.#repository}`;
  }

  #unexpected(answer: HttpAnswer, what: string): Failure {
    const { status, url } = answer;
    if (status === 401 || status === 403) return this.#access.refused(answer, `${what} of ${this.#name}`);
    if (status === 429 || status >= 500) return this.#access.client.exhausted(answer);
    if (status !== 404) return this.#invalid(url, `it answered ${status}${errorCode(answer)}`);
    return new Failure('REGISTRY_NOT_FOUND', `${this.#name} is not there${errorCode(answer)}`, {
      fix: "correct the image's name or api_url; some registries also answer so when credentials are missing",
    });
  }

  #invalid(url: URL, problem: string): Failure {
    return new Failure('REGISTRY_INVALID_ANSWER', `${safeUrl(url)}: ${problem}`, {
      fix: 'is api_url the address of a registry, and not of its web page or of a proxy?',
      retry: { kind: 'backoff' },
    });
  }

  #mismatch(what: string, digest: string): Failure {
    return new Failure(
      'REGISTRY_DIGEST_MISMATCH',
      `${this.#name}: the content of ${what} is not what ${digest} names`,
      {
        fix: 'look at the registry and at proxies on the way: something changes or confuses content',
        retry: { kind: 'backoff' },
      },
    );
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
