import { type Parsed, parsed, unparsable } from './parsed.ts';

declare const brand: unique symbol;
export type Tag = string & { readonly [brand]: 'Tag' };
export type Digest = string & { readonly [brand]: 'Digest' };

// OCI distribution spec v1.1, "Pulling manifests": <reference> as a tag.
const TAG = /^[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}$/;
// OCI image spec v1.1, "Digests"; at least 32 hex digits as the reference grammar of distribution asks.
const DIGEST = /^[a-z0-9A-Z]+(?:[+._-][a-z0-9A-Z]+)*:[0-9a-fA-F]{32,}$/;
// OCI distribution spec v1.1, "Pulling manifests": <name>.
const PATH_COMPONENT = '[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*';
const REPOSITORY = new RegExp(`^${PATH_COMPONENT}(?:/${PATH_COMPONENT})*$`);
const DOMAIN_LABEL = '(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])';
const DOMAIN = new RegExp(`^(?:${DOMAIN_LABEL}(?:\\.${DOMAIN_LABEL})*|\\[(?:[a-fA-F0-9:]+)\\])(?::[0-9]+)?$`);

export function parseTag(text: string): Parsed<Tag> {
  if (TAG.test(text)) return parsed(text as Tag);
  return unparsable(`"${text}" is not a tag (1 to 128 of A-Z a-z 0-9 _ . -, not starting with . or -)`);
}

export function parseDigest(text: string): Parsed<Digest> {
  if (DIGEST.test(text)) return parsed(text as Digest);
  return unparsable(`"${text}" is not a digest (such as sha256: followed by 64 hex digits)`);
}

/** Whether a registry can have a repository of this name (lower case, OCI distribution spec). */
export function isRepositoryName(text: string): boolean {
  return text.length <= 255 && REPOSITORY.test(text);
}

/** An image's repository: the identity by which images are compared and registries are asked. */
export interface ImageName {
  /** As written, "" when none was: Docker Hub is implied then (or the default of registries.conf). */
  readonly registry: string;
  /** Path below the registry; `library/` is left out on Docker Hub unless it was written without a registry. */
  readonly repository: string;
}

/** A parsed image reference: where the image is, and which version of it. */
export interface ImageReference extends ImageName {
  readonly tag?: Tag;
  readonly digest?: Digest;
}

/** "registry/repository", or the repository alone when no registry was written. */
export function formatImageName(name: ImageName): string {
  return name.registry === '' ? name.repository : `${name.registry}/${name.repository}`;
}

export function formatReference(reference: ImageReference): string {
  const tag = reference.tag === undefined ? '' : `:${reference.tag}`;
  const digest = reference.digest === undefined ? '' : `@${reference.digest}`;
  return `${formatImageName(reference)}${tag}${digest}`;
}

const DOCKER_HUB = new Set(['', 'docker.io', 'index.docker.io', 'registry-1.docker.io']);

/**
 * The same text for every spelling of one repository: `nginx`, `library/nginx` and `docker.io/library/nginx` are one.
 * Upstream keeps them apart (reference part 1, 2.4 and defects 17, 18); docs/compatibility.md says so.
 */
export function canonicalName(name: ImageName): string {
  if (!DOCKER_HUB.has(name.registry)) return `${name.registry.toLowerCase()}/${name.repository}`;
  return `docker.io/${name.repository.includes('/') ? name.repository : `library/${name.repository}`}`;
}

export function sameImage(a: ImageName, b: ImageName): boolean {
  return canonicalName(a) === canonicalName(b);
}

/** An entry of an image list, `[alias=]image[:constraint]`, as upstream reads it (reference part 1, 2.1). */
export interface ImageIdentifier extends ImageName {
  /** Text before the first "="; undefined when there is none or it is blank. */
  readonly alias?: string;
  /** Text behind the name's colon: a constraint or a tag. Undefined when there is no colon. */
  readonly constraint?: string;
  /** Text behind the "@". */
  readonly digest?: string;
}

/**
 * Reads `[alias=][registry/]repository[:tag or constraint][@digest]`; never fails, as upstream.
 * A text that is a valid reference is read by the reference grammar; any other (constraints with ^ ~ < > * or blanks)
 * by cutting: the registry is what precedes the first "/" when it looks like a host (a dot, a port, an IPv6 address or localhost).
 * Upstream's cut knows a host only by a dot, so that `localhost:5000/app:~1` loses its port (defect 16); ours does not.
 */
export function parseImageIdentifier(text: string): ImageIdentifier {
  const equals = text.indexOf('=');
  const alias = equals < 0 ? '' : text.slice(0, equals).trim();
  const rest = equals < 0 ? text : text.slice(equals + 1).trim();
  const reference = parseImageReference(rest);
  const withAlias = alias === '' ? {} : { alias };
  if (reference.ok) {
    const { registry, repository, tag, digest } = reference.value;
    return {
      ...withAlias,
      registry,
      repository,
      ...(tag === undefined ? {} : { constraint: tag }),
      ...(digest === undefined ? {} : { digest }),
    };
  }
  return { ...withAlias, ...cut(rest) };
}

function cut(text: string): ImageIdentifier {
  const slash = text.indexOf('/');
  const head = slash < 0 ? '' : text.slice(0, slash);
  const isHost =
    head.includes('.') || head === 'localhost' || /^[^\s:<>=~^*|,]+:\d+$|^\[[0-9a-fA-F:]+\](?::\d+)?$/.test(head);
  const registry = isHost ? head : '';
  const path = isHost ? text.slice(slash + 1) : text;
  const at = path.indexOf('@');
  if (at >= 0) {
    const named = path.slice(0, at);
    const colon = named.lastIndexOf(':');
    const digest = path.slice(at + 1);
    const withDigest = digest === '' ? {} : { digest };
    if (colon <= named.lastIndexOf('/')) return { ...hubName(registry, named), ...withDigest };
    return { ...hubName(registry, named.slice(0, colon)), constraint: named.slice(colon + 1), ...withDigest };
  }
  const colon = path.indexOf(':');
  if (colon < 0) return hubName(registry, path);
  return { ...hubName(registry, path.slice(0, colon)), constraint: path.slice(colon + 1) };
}

/** The reference grammar's parse of `[registry/]repository[:tag][@digest]`, with upstream's normalisation. */
export function parseImageReference(text: string): Parsed<ImageReference> {
  const match = /^(?<name>[^@]*?)(?::(?<tag>[^:/@]*))?(?:@(?<digest>.*))?$/.exec(text);
  const name = match?.groups?.['name'] ?? '';
  const tagText = match?.groups?.['tag'];
  const digestText = match?.groups?.['digest'];
  const problem = unparsable(`"${text}" is not an image reference`);
  if (name === '' || (/^[0-9a-f]{64}$/.test(name) && tagText === undefined)) return problem;
  const tag = tagText === undefined ? undefined : parseTag(tagText);
  const digest = digestText === undefined ? undefined : parseDigest(digestText);
  if (tag?.ok === false || digest?.ok === false) return problem;
  const slash = name.indexOf('/');
  const head = slash < 0 ? '' : name.slice(0, slash);
  const isDomain = slash >= 0 && (head === 'localhost' || /[.:]/.test(head) || head.toLowerCase() !== head);
  const repository = isDomain ? name.slice(slash + 1) : name;
  if (!REPOSITORY.test(repository) || (isDomain && !DOMAIN.test(head)) || name.length > 255) return problem;
  return parsed({
    ...hubName(isDomain ? head : '', repository, text),
    ...(tag === undefined ? {} : { tag: tag.value }),
    ...(digest === undefined ? {} : { digest: digest.value }),
  });
}

/** `index.docker.io` is no registry of its own, and `library/` is implied on Docker Hub. */
function hubName(registry: string, repository: string, text?: string): ImageName {
  if (registry === 'index.docker.io') return { registry: '', repository: repository.replace(/^library\//, '') };
  if (registry === 'docker.io' && text !== undefined)
    return { registry, repository: repository.replace(/^library\//, '') };
  return { registry, repository };
}
