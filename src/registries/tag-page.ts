import { isUntyped } from '../core/untyped.ts';
import type { RememberedPage } from '../ports/store.ts';
import { invalidAnswer } from './invalid-answer.ts';
import { nextLink } from './link.ts';
import type { HttpAnswer } from './transport.ts';

// RFC 9110, section 8.8.3; what fits no header is not sent back.
const ETAG = /^(?:W\/)?"[\x21\x23-\x7e]{0,1000}"$/;

/**
 * One page of a list of tags.
 * @throws {Failure} REGISTRY_INVALID_ANSWER
 * @see OCI distribution spec v1.1, "Listing Tags"
 */
export function readTagPage(asked: URL, answer: HttpAnswer): RememberedPage {
  const etag = answer.headers.etag;
  const next = nextPage(answer);
  return {
    url: asked.href,
    ...(etag !== undefined && ETAG.test(etag) ? { etag } : {}),
    ...(next === undefined ? {} : { next: next.href }),
    tags: readTags(answer),
  };
}

function readTags({ body, headers, url }: HttpAnswer): readonly string[] {
  const text = Buffer.from(body).toString();
  if (/^\s*</.test(text) || /html/i.test(headers['content-type'] ?? '')) {
    throw invalidAnswer(url, 'it answered with a web page instead of a list of tags');
  }
  const json = parseJson(text);
  if (!isUntyped(json) || !('tags' in json)) {
    throw invalidAnswer(url, 'it answered with something else than a list of tags');
  }
  // Some registries write null for none.
  const tags: unknown = json['tags'] ?? [];
  if (Array.isArray(tags) && tags.every((tag) => typeof tag === 'string')) return tags;
  throw invalidAnswer(url, 'its list of tags holds something else than texts');
}

function nextPage({ headers, url }: HttpAnswer): URL | undefined {
  const link = nextLink(headers.link);
  if (!link.ok) throw invalidAnswer(url, link.problem);
  if (link.value === undefined) return undefined;
  const next = URL.canParse(link.value, url) ? new URL(link.value, url) : undefined;
  if (
    next === undefined ||
    !['http:', 'https:'].includes(next.protocol) ||
    next.username !== '' ||
    next.password !== ''
  ) {
    throw invalidAnswer(url, 'the Link header to its next page is not a usable URL');
  }
  if (next.protocol === 'http:' && url.protocol === 'https:') {
    throw invalidAnswer(url, 'the Link header to its next page goes from HTTPS to plain HTTP');
  }
  if (next.hostname !== url.hostname) {
    throw invalidAnswer(url, 'the Link header to its next page leads to another host');
  }
  return next;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
