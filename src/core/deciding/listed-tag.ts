import { digestOf } from '../digest.ts';
import type { ImageVersion } from '../image-version.ts';
import { formatPlatform, type Platform, servesPlatforms } from '../platform.ts';
import type { Digest, Tag } from '../reference.ts';
import { lookups } from './decide.ts';
import type { Policy } from './policy.ts';
import type { Scan, TagFacts } from './scan.ts';

/** A tag as a person lists it, with what a registry would say about it. */
export interface ListedTag {
  /** As written; the decision drops what no tag can be called. */
  readonly name: string;
  readonly createdNs?: bigint;
  readonly digest?: Digest;
  /** What the image is built for; any platform when nothing is said. */
  readonly platforms?: readonly Platform[];
}

/** A list of tags as the scan of a registry that holds just these; of equal names the first counts. */
export function scanOf(listed: readonly ListedTag[], policy: Policy, current: ImageVersion | undefined): Scan {
  const tags = listed.map(({ name }) => name);
  const byName = new Map(listed.toReversed().map((tag) => [tag.name, tag]));
  const facts = new Map<Tag, TagFacts>();
  for (const tag of lookups(policy, tags, current)) {
    facts.set(tag, factsOf(byName.get(tag) ?? { name: tag }, policy.platforms));
  }
  return { tags, facts };
}

function factsOf({ name, createdNs, digest, platforms }: ListedTag, wanted: readonly Platform[]): TagFacts {
  if (platforms && !servesPlatforms(wanted, platforms)) {
    return { kind: 'wrong-platform', platforms: platforms.map(formatPlatform) };
  }
  const image = { kind: 'image', digest: digest ?? madeUpDigest(name) } as const;
  return createdNs === undefined ? image : { ...image, createdNs };
}

/** Where the list gives none: always the same for one name, and unlike any that was written. */
function madeUpDigest(name: string): Digest {
  return digestOf(new TextEncoder().encode(name));
}
