import { formatVersion, type ImageVersion } from '../image-version.ts';
import { formatPlatform } from '../platform.ts';
import { parseTag, type Tag } from '../reference.ts';
import { dateNotes } from './date-notes.ts';
import { type Decision, type Drop, inPlural, type Verdict } from './decision.ts';
import { describeDoubt, type ListDoubt } from './list-doubt.ts';
import type { Policy } from './policy.ts';
import type { Scan, TagFacts, TagOrder } from './scan.ts';
import type { Candidate } from './strategy.ts';

/** A tag after every rule has looked at it: it can be chosen, or a rule dropped it. */
type Judged =
  | { readonly kind: 'candidate'; readonly text: string; readonly candidate: Candidate }
  | { readonly kind: 'dropped'; readonly text: string; readonly drop: Drop };

/** The strategy's choice. */
interface Choice {
  readonly candidate: Candidate;
  readonly to: ImageVersion;
  /** What made it the choice, going on from its tag. */
  readonly merit: string;
}

/** What the choice comes to, given what Git says. */
type Settled = Pick<Decision & { readonly to: ImageVersion }, 'outcome' | 'rule' | 'reason' | 'notes' | 'to'>;

// cosign's tags beside an image, and the referrers tag schema of the OCI distribution spec v1.1.
const COMPANION = /^sha(?:256|512)-(?:[0-9a-f]+\.(?:sig|att|sbom)|[0-9a-f]{64})$/;
const REASONS_SHOWN = 4;

/**
 * Which version a tracked image shall have: filters, the strategy's choice, gates. Pure.
 * @param input.current what Git says now; undefined when nothing states a version
 * @param input.scan all tags, with the facts of at least those that `lookups` names
 */
export function decide(input: {
  readonly policy: Policy;
  readonly current: ImageVersion | undefined;
  readonly scan: Scan;
}): Decision {
  const { policy, current, scan } = input;
  if (scan.doubt) return doubted(scan.doubt, current, scan.remarks ?? []);
  const judged = judgeTags(policy, scan);
  const choice = choose(policy, judged);
  const traced = { from: current, candidates: verdicts(judged, choice, scan) };
  const remarks = [...(needsFacts(policy, scan.order) ? dateNotes(scan) : []), ...(scan.remarks ?? [])];
  if (!choice) {
    return { ...traced, outcome: 'none', rule: 'no-candidate', reason: whyNone(judged), to: undefined, notes: remarks };
  }
  const settled = alreadySays(policy, current, choice) ?? passGates(policy, current, scan, choice);
  return { ...traced, ...settled, notes: [...settled.notes, ...remarks] };
}

/** The tag that the strategy chooses, whatever becomes of it. */
export function chosenTag(policy: Policy, scan: Scan): Tag | undefined {
  return choose(policy, judgeTags(policy, scan))?.candidate.tag;
}

function judgeTags(policy: Policy, scan: Scan): Judged[] {
  const tags = distinct(scan.tags);
  return tags.map((text, index) => judgeTag(policy, scan, text, rankOf(index, tags.length, scan.order)));
}

/** Nothing is chosen from a list that is not believed, and nothing moves. */
function doubted(doubt: ListDoubt, current: ImageVersion | undefined, notes: readonly string[]): Decision {
  const reason = describeDoubt(doubt);
  return { outcome: 'held', rule: 'suspicious-list', reason, from: current, to: undefined, candidates: [], notes };
}

/**
 * The decision about an image that nothing uses: the registry is not asked.
 * @param from what Git says nevertheless
 */
export function notUsed(reason: string, from: ImageVersion | undefined): Decision {
  return { outcome: 'none', rule: 'not-used', reason, from, to: undefined, candidates: [], notes: [] };
}

/**
 * The tags whose facts `decide` needs, each once: those that no filter drops and the strategy wants, and the tag that
 * Git states where only its creation time can tell a step back. None where the order of the list tells the times.
 */
export function lookups(
  policy: Policy,
  tags: readonly string[],
  current: ImageVersion | undefined,
  order?: TagOrder,
): Tag[] {
  const { strategy } = policy.judge;
  if (!needsFacts(policy, order)) return [];
  const wanted = distinct(tags)
    .map((text) => filterTag(policy, text))
    .filter((filtered) => filtered.kind === 'candidate')
    .map(({ candidate }) => candidate.tag)
    .filter((tag) => policy.judge.wants(tag));
  const stated = current?.tag;
  const isMissing = stated !== undefined && tags.includes(stated) && !wanted.includes(stated);
  return isMissing && strategy.needs === 'created' ? [...wanted, stated] : wanted;
}

function needsFacts({ judge: { strategy } }: Policy, order: TagOrder | undefined): boolean {
  return strategy.needs === 'digest' || (strategy.needs === 'created' && order === undefined);
}

/** The greater, the later; undefined where the list says nothing of age. */
function rankOf(index: number, length: number, order: TagOrder | undefined): number | undefined {
  if (order === undefined) return undefined;
  return order === 'latest-first' ? length - index : index + 1;
}

/** Each tag once, in the order of its first occurrence. */
function distinct(tags: readonly string[]): string[] {
  return [...new Set(tags)];
}

function judgeTag(policy: Policy, scan: Scan, text: string, rank: number | undefined): Judged {
  const filtered = filterTag(policy, text);
  if (filtered.kind === 'dropped') return filtered;
  const ranked = rank === undefined ? filtered.candidate : { ...filtered.candidate, rank };
  const looked = addFacts(policy, scan, ranked);
  if (looked.kind === 'dropped') return looked;
  const drop = policy.judge.drop(looked.candidate);
  return drop ? { kind: 'dropped', text, drop } : looked;
}

/** The rules that need only the tag's name and the policy's filters. */
function filterTag({ allowTags, ignoreTags }: Policy, text: string): Judged {
  const dropped = (rule: Drop['rule'], reason: string): Judged => ({ kind: 'dropped', text, drop: { rule, reason } });
  const tag = parseTag(text);
  if (!tag.ok) return dropped('invalid-tag', 'has a name that no tag can have');
  if (COMPANION.test(text)) return dropped('not-an-image', 'belongs to another image (signature, attestation or SBOM)');
  if (allowTags && !allowTags.matches(text))
    return dropped('allow-tags', `does not match allow-tags ${allowTags.text}`);
  if (ignoreTags?.matches(text)) return dropped('ignore-tags', `matches ignore-tags ${ignoreTags.text}`);
  return { kind: 'candidate', text, candidate: { tag: tag.value } };
}

/** The candidate with what the registry says about it, where the strategy wants to know. */
function addFacts(policy: Policy, scan: Scan, candidate: Candidate): Judged {
  const { tag } = candidate;
  const { judge } = policy;
  if (!needsFacts(policy, scan.order) || !judge.wants(tag)) return { kind: 'candidate', text: tag, candidate };
  const facts = scan.facts.get(tag);
  if (!facts) throw new Error(`nobody asked the registry about the tag ${tag}, which the decision needs`);
  if (facts.kind !== 'image') return { kind: 'dropped', text: tag, drop: dropByFacts(policy, facts) };
  const { digest, createdNs } = facts;
  return {
    kind: 'candidate',
    text: tag,
    candidate: { ...candidate, digest, ...(createdNs === undefined ? {} : { createdNs }) },
  };
}

function dropByFacts(policy: Policy, facts: Exclude<TagFacts, { kind: 'image' }>): Drop {
  switch (facts.kind) {
    case 'gone':
      return { rule: 'gone', reason: 'is no longer in the registry' };
    case 'not-an-image':
      return { rule: 'not-an-image', reason: `does not hold an image (${facts.mediaType})` };
    case 'wrong-platform': {
      const wanted = policy.platforms.map(formatPlatform).join(' and ') || 'any platform';
      const built = facts.platforms.join(', ') || 'none';
      return { rule: 'platform', reason: `is not built for ${wanted} (only for ${built})` };
    }
    default:
      return facts satisfies never;
  }
}

function choose({ judge }: Policy, judged: readonly Judged[]): Choice | undefined {
  const candidates = judged.flatMap((one) => (one.kind === 'candidate' ? [one.candidate] : []));
  const [first, ...others] = candidates;
  if (!first) return undefined;
  const candidate = others.reduce((best, other) => (judge.compare(other, best) > 0 ? other : best), first);
  const { tag, digest } = candidate;
  const to = judge.strategy.pinsDigest && digest !== undefined ? { tag, digest } : { tag };
  return { candidate, to, merit: judge.merit(candidate, candidates.length) };
}

function verdicts(judged: readonly Judged[], choice: Choice | undefined, scan: Scan): Verdict[] {
  const below = `ranks below ${choice?.candidate.tag}`;
  return judged.map((one): Verdict => {
    const tag = one.text;
    const seen = seenOf(one, scan);
    if (one.kind === 'dropped') return { tag, verdict: 'dropped', ...one.drop, ...seen };
    if (tag === choice?.candidate.tag) return { tag, verdict: 'chosen', rule: 'newest', reason: choice.merit, ...seen };
    return { tag, verdict: 'older', rule: 'older', reason: below, ...seen };
  });
}

function seenOf(one: Judged, { firstSeen }: Scan): Pick<Verdict, 'firstSeenMs' | 'digestFirstSeenMs'> {
  const firstSeenMs = firstSeen?.later.get(one.text) ?? firstSeen?.firstScanMs;
  const digest = one.kind === 'candidate' ? one.candidate.digest : undefined;
  const digestFirstSeenMs = digest && firstSeen?.digests.get(digest);
  return {
    ...(firstSeenMs === undefined ? {} : { firstSeenMs }),
    ...(digestFirstSeenMs === undefined ? {} : { digestFirstSeenMs }),
  };
}

function because({ candidate, merit }: Choice): string {
  return `${candidate.tag} ${merit}`;
}

/** The drops by number: "no tag is left: 812 do not match allow-tags regexp:^v; 3 cannot be read as a version". */
function whyNone(judged: readonly Judged[]): string {
  if (judged.length === 0) return 'the repository has no tags';
  const counts = new Map<string, number>();
  for (const one of judged) {
    if (one.kind === 'dropped') counts.set(one.drop.reason, (counts.get(one.drop.reason) ?? 0) + 1);
  }
  const sorted = [...counts].sort(([, a], [, b]) => b - a);
  const shown = sorted
    .slice(0, REASONS_SHOWN)
    .map(([reason, count]) => `${count} ${count === 1 ? reason : inPlural(reason)}`);
  const rest = sorted.slice(REASONS_SHOWN).reduce((sum, [, count]) => sum + count, 0);
  return `no tag is left: ${[...shown, ...(rest > 0 ? [`${rest} fall to other rules`] : [])].join('; ')}`;
}

/** `current` when Git says the choice already: a pinning strategy compares digests alone, the others tags alone. */
function alreadySays(policy: Policy, current: ImageVersion | undefined, choice: Choice): Settled | undefined {
  if (!current) return undefined;
  const { to } = choice;
  const { pinsDigest } = policy.judge.strategy;
  if (pinsDigest ? current.digest !== to.digest : current.tag !== to.tag) return undefined;
  // Upstream reads a tag that is pinned by hand as another version for ever, and "updates" it in every cycle.
  const pinned = !pinsDigest && current.digest ? `, pinned to ${current.digest}` : '';
  const reason = `${because(choice)}, and Git says so already${pinned}`;
  return { outcome: 'current', rule: 'current', reason, to: current, notes: [] };
}

function passGates(policy: Policy, current: ImageVersion | undefined, scan: Scan, choice: Choice): Settled {
  const { to, candidate } = choice;
  const age = current ? policy.judge.age(candidate, standing(current, scan)) : 'newer';
  if (current && age === 'older' && !policy.allowDowngrade) {
    const reason = `${because(choice)}, but older than ${formatVersion(current)} in Git; it waits until downgrades are allowed`;
    return { outcome: 'held', rule: 'downgrade', reason, to, notes: policy.suspended ? ['suspended'] : [] };
  }
  const notes = age === 'older' ? ['downgrade: allowed'] : age === undefined ? ['downgrade: not comparable'] : [];
  if (policy.suspended) {
    return {
      outcome: 'held',
      rule: 'suspended',
      reason: `${because(choice)}; it waits while updates are suspended`,
      to,
      notes,
    };
  }
  if (policy.mustBeVerified) {
    const reason = `${because(choice)}; it waits for its signature to be verified, which this release cannot do`;
    return { outcome: 'held', rule: 'verification-unavailable', reason, to, notes };
  }
  return { outcome: 'update', rule: 'newest', reason: because(choice), to, notes };
}

/** What Git says, with the creation time that the registry gives for its tag, or the tag's place in the list. */
function standing({ tag, digest }: ImageVersion, scan: Scan): Partial<Candidate> {
  const tags = distinct(scan.tags);
  const index = tag === undefined ? -1 : tags.indexOf(tag);
  const rank = index === -1 ? undefined : rankOf(index, tags.length, scan.order);
  const facts = tag === undefined ? undefined : scan.facts.get(tag);
  const createdNs = facts?.kind === 'image' ? facts.createdNs : undefined;
  return {
    ...(tag === undefined ? {} : { tag }),
    ...(digest === undefined ? {} : { digest }),
    ...(createdNs === undefined ? {} : { createdNs }),
    ...(rank === undefined ? {} : { rank }),
  };
}
