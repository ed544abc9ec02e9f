import type { Problem } from './failure.ts';
import { type Parsed, parsed, unparsable } from './parsed.ts';
import type { Digest, Tag } from './reference.ts';
import { type ImageName, isRepositoryName, parseDigest, parseImageIdentifier, parseTag } from './reference.ts';
import {
  canonicalHost,
  type Endpoint,
  findEndpoint,
  isHost,
  mirrorsOf,
  type RegistriesConfig,
} from './registry-endpoint.ts';

/** What is looked at, in this order. */
export const CHECK_STEPS = [
  'endpoint',
  'connection',
  'challenge',
  'credential',
  'token',
  'list',
  'manifest',
  'limits',
] as const;
export type CheckStepName = (typeof CHECK_STEPS)[number];

export interface CheckStep {
  readonly step: CheckStepName;
  readonly status: 'ok' | 'failed' | 'skipped';
  /** What was found, what went wrong, or why it was not looked at. Never holds a secret. */
  readonly detail: string;
  /** What to do about it; null when there is nothing to be done. */
  readonly fix: string | null;
}

/** All steps for one registry or image. */
export interface RegistryCheck {
  /** The registry in messages: "Docker Hub". */
  readonly registry: string;
  /** The registry whose mirror it is; null when it is none. */
  readonly mirrorOf: string | null;
  /** As it was given; null when the registry alone was checked. */
  readonly image: string | null;
  /** One of each, in the order of CHECK_STEPS. */
  readonly steps: readonly CheckStep[];
}

export interface RegistryCheckReport {
  readonly checks: readonly RegistryCheck[];
  /** What of the input could not be read. */
  readonly failures: readonly Problem[];
  readonly warnings: readonly Problem[];
}

/** What somebody wants to have checked. */
export type CheckTarget =
  | { readonly kind: 'host'; readonly host: string }
  | { readonly kind: 'image'; readonly text: string; readonly name: ImageName; readonly version?: CheckedVersion };

/** What of an image is looked up. */
export type CheckedVersion = { readonly tag: Tag } | { readonly digest: Digest };

/** A target, and where it is found. */
export interface CheckSubject {
  /** As the person who asked knows it. */
  readonly registry: string;
  /** Undefined when nothing can be asked at such an address. */
  readonly endpoint: Endpoint | undefined;
  /** Whose mirror the endpoint is. */
  readonly mirrorOf?: Endpoint;
  readonly image?: CheckTarget & { readonly kind: 'image' };
}

/**
 * Reads "ghcr.io", "localhost:5000" and "[::1]:5000" as hosts, everything else as an image with an optional tag or
 * digest. A host without a dot is one with a slash behind it, "registry:5000/": without, it is an image with a tag.
 */
export function parseCheckTarget(text: string): Parsed<CheckTarget> {
  const host = hostIn(text);
  if (host !== undefined) return parsed({ kind: 'host', host });
  const { alias, registry, repository, constraint, digest } = parseImageIdentifier(text);
  const isName = alias === undefined && (registry === '' || isHost(registry)) && isRepositoryName(repository);
  if (text.includes('://') || !isName) {
    return unparsable('it must be a host or an image: host[:port], or [host/]repository[:tag], in lower case');
  }
  const image = { kind: 'image', text, name: { registry, repository } } as const;
  if (digest !== undefined) {
    const read = parseDigest(digest);
    return read.ok ? parsed({ ...image, version: { digest: read.value } }) : read;
  }
  if (constraint === undefined) return parsed(image);
  const read = parseTag(constraint);
  return read.ok ? parsed({ ...image, version: { tag: read.value } }) : read;
}

function hostIn(text: string): string | undefined {
  if (text.endsWith('/') && isHost(text.slice(0, -1))) return text.slice(0, -1);
  const looksLikeHost = /^(?:localhost|\[[^\]]+\]|[^:/]*\.[^:/]*)(?::\d+)?$/i.test(text);
  return looksLikeHost && isHost(text) ? text : undefined;
}

/**
 * Where the targets are found: every registry that is configured for a host, and for no target at all every one; behind
 * each its mirrors.
 */
export function findCheckSubjects(
  config: RegistriesConfig,
  targets: readonly CheckTarget[],
): readonly [CheckSubject, ...CheckSubject[]] {
  const [first, ...others] = targets.length === 0 ? config.endpoints.map(alone) : targets.flatMap(subjectsOf);
  const [subject, ...mirrors] = withMirrors(first ?? alone(config.defaultEndpoint));
  return [subject, ...mirrors, ...others.flatMap(withMirrors)];

  function withMirrors(subject: CheckSubject): readonly [CheckSubject, ...CheckSubject[]] {
    const { endpoint } = subject;
    if (endpoint === undefined) return [subject];
    const mirrors = mirrorsOf(config, endpoint);
    return [subject, ...mirrors.map((mirror) => ({ ...subject, ...alone(mirror), mirrorOf: endpoint }))];
  }

  function subjectsOf(target: CheckTarget): readonly CheckSubject[] {
    if (target.kind === 'image') {
      const endpoint = findEndpoint(config, target.name);
      return [{ registry: endpoint?.name ?? target.name.registry, endpoint, image: target }];
    }
    const host = canonicalHost(target.host);
    const configured = config.endpoints.filter(({ prefix }) => prefix.split('/', 1)[0] === host);
    if (configured.length > 0) return configured.map(alone);
    return [{ registry: host, endpoint: findEndpoint(config, { registry: host, repository: '' }) }];
  }
}

/** The Secrets that the registries of these subjects need, by their names; perhaps some more than once. */
export function secretsNeededFor(
  subjects: readonly Pick<CheckSubject, 'endpoint'>[],
): readonly { readonly namespace: string; readonly name: string }[] {
  return subjects.flatMap(({ endpoint }) => {
    const { credentials = [], trust } = endpoint ?? {};
    const sources = trust?.caSecret ? [...credentials, trust.caSecret] : credentials;
    return sources.flatMap((source) =>
      'namespace' in source ? [{ namespace: source.namespace, name: source.name }] : [],
    );
  });
}

function alone(endpoint: Endpoint): CheckSubject {
  return { registry: endpoint.name, endpoint };
}

export function hasPassed({ steps }: RegistryCheck): boolean {
  return steps.every(({ status }) => status !== 'failed');
}
