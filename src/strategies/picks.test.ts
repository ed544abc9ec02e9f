import { expect, test } from 'vitest';
import { goldenCases } from '../../test/golden/golden.ts';
import { known } from '../../test/policy.ts';
import { decide, lookups } from '../core/deciding/decide.ts';
import type { Decision } from '../core/deciding/decision.ts';
import type { Policy } from '../core/deciding/policy.ts';
import type { TagFacts, TagOrder } from '../core/deciding/scan.ts';
import { parseAllowTags, parseIgnoreTags } from '../core/deciding/tag-filter.ts';
import { formatVersion, type ImageVersion } from '../core/image-version.ts';
import { type Parsed, parsed, unparsable } from '../core/parsed.ts';
import { parseDigest, parseTag, type Tag } from '../core/reference.ts';
import { parseTimestamp } from '../core/timestamp.ts';
import { findStrategy, strategies } from './index.ts';

interface Pick {
  readonly name: string;
  readonly policy: {
    readonly strategy: string;
    readonly constraint: string;
    readonly allowTags: string;
    readonly ignoreTags: readonly string[];
  };
  readonly tagListSort?: TagOrder;
  readonly current: string;
  readonly tags: readonly { readonly name: string; readonly created?: string; readonly digest?: string }[];
  readonly expect: string | null;
  readonly expectDigest?: string;
  readonly update: boolean;
  readonly written?: string;
  readonly error?: string;
  readonly defect?: string;
}

// A digest where the data gives none: it decides nothing there.
const NO_MATTER = known(parseDigest(`sha256:${'0'.repeat(64)}`));

const picks = goldenCases<Pick>('picks.jsonl');
const skipped = Map.groupBy(picks, whySkipped);
const judged = skipped.get(undefined) ?? [];

test(`agrees with upstream in ${judged.length} golden picks`, () => {
  const wrong = judged.map((pick) => ({ expected: expected(pick), actual: actual(pick), pick }));
  expect(wrong.filter((one) => JSON.stringify(one.expected) !== JSON.stringify(one.actual))).toEqual([]);
});

for (const [why, { length }] of skipped) {
  if (why !== undefined) test.skip(`golden picks left out (${length}): ${why}`, () => {});
}

/** Undefined for the picks that must agree. What the library for versions does wrong, we follow. */
function whySkipped({ defect, expect: tag }: Pick): string | undefined {
  if (defect !== undefined && !defect.startsWith('library:')) return `a defect of upstream, ${defect}`;
  if (tag !== null && /^sha256-.*\.(?:sig|att|sbom)$/.test(tag)) return 'companions of images are no candidates here';
  if (tag !== null && !parseTag(tag).ok) return 'names that no tag can have are no candidates here';
  return undefined;
}

/** What the data says, in the words of `actual`. */
function expected(pick: Pick) {
  if (pick.error !== undefined) return { problem: true };
  return {
    tag: pick.expect,
    ...(pick.expectDigest === undefined ? {} : { digest: pick.expectDigest }),
    update: pick.update,
    ...(pick.update ? { written: pick.written } : {}),
  };
}

/** What the decision says when no gate stands in the way. */
function actual(pick: Pick) {
  const policy = readPolicy(pick);
  if (!policy.ok) return { problem: true };
  const decision = policy.value === 'nothing-allowed' ? undefined : decideOn(pick, policy.value);
  const chosen = decision?.candidates.find(({ verdict }) => verdict === 'chosen')?.tag ?? null;
  return {
    tag: chosen,
    ...(pick.expectDigest === undefined ? {} : { digest: decision?.to?.digest }),
    update: decision?.outcome === 'update',
    ...(decision?.outcome === 'update' ? { written: formatVersion(decision.to) } : {}),
  };
}

function decideOn(pick: Pick, policy: Policy): Decision {
  const tags = pick.tags.map(({ name }) => name);
  const current = readVersion(pick.current);
  const list = { tags, ...(pick.tagListSort === undefined ? {} : { order: pick.tagListSort }) };
  const asked = lookups(policy, tags, current, pick.tagListSort).map((tag): [Tag, TagFacts] => [
    tag,
    factsOf(pick, tag),
  ]);
  return decide({ policy, current, scan: { ...list, facts: new Map(asked) } });
}

/** An allow-tags setting that cannot be read is a problem of the setting here; upstream lets no tag through. */
function readPolicy({ policy }: Pick): Parsed<Policy | 'nothing-allowed'> {
  const strategy = findStrategy(policy.strategy)?.strategy ?? strategies[0];
  const judge = strategy.judge(policy.constraint);
  if (!judge.ok) return unparsable(judge.problem);
  const allowTags = parseAllowTags(policy.allowTags);
  if (!allowTags.ok) return parsed('nothing-allowed');
  return parsed({
    judge: judge.value,
    allowTags: allowTags.value,
    ignoreTags: parseIgnoreTags(policy.ignoreTags).filter,
    platforms: [],
    forceUpdate: false,
    allowDowngrade: true,
    suspended: false,
  });
}

function factsOf(pick: Pick, tag: Tag): TagFacts {
  const { created, digest } = pick.tags.find(({ name }) => name === tag) ?? {};
  const createdNs = created === undefined ? undefined : parseTimestamp(created);
  return {
    kind: 'image',
    digest: digest === undefined ? NO_MATTER : known(parseDigest(digest)),
    ...(createdNs === undefined ? {} : { createdNs }),
  };
}

/** The running image's version; a text that is neither a tag nor a digest states none. */
function readVersion(text: string): ImageVersion | undefined {
  const [tagText = '', digestText] = text.split('@');
  const tag = parseTag(tagText);
  const digest = digestText === undefined ? undefined : known(parseDigest(digestText));
  if (!tag.ok) return digest && { digest };
  return digest ? { tag: tag.value, digest } : { tag: tag.value };
}
