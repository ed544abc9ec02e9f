import type { FirstSeen } from '../core/deciding/first-seen.ts';
import { Failure } from '../core/failure.ts';
import type { HandoffStore } from '../ports/handoffs.ts';
import type { LookInbox } from '../ports/look-inbox.ts';
import type { StatusParts } from '../ports/status-parts.ts';
import type { ScanStore } from '../ports/store.ts';

/** All that a store does. */
export interface Memory extends ScanStore, LookInbox, StatusParts {
  readonly handoffs: HandoffStore;
}

/** Disposing it closes the file, or the connections. */
export interface Store extends Memory, AsyncDisposable {}

/** Does some work with a memory, or comes back with something else when that cannot be had. */
export type Attempt = <T>(work: (memory: Memory) => Promise<T>, otherwise: T) => Promise<T>;

const NO_FIRST_SEEN: FirstSeen = { firstScanMs: undefined, later: new Map(), digests: new Map() };

/** A memory whose troubles are no concern of whoever asks: he knows nothing then, or is not heard. */
export function forgiving(attempt: Attempt): Memory {
  return {
    list: (key) => attempt((memory) => memory.list(key), undefined),
    keepList: (key, update) => attempt((memory) => memory.keepList(key, update), undefined),
    firstSeen: (key) => attempt((memory) => memory.firstSeen(key), NO_FIRST_SEEN),
    tag: (key, tag) => attempt((memory) => memory.tag(key, tag), undefined),
    keepTag: (key, tag, digest, nowMs) => attempt((memory) => memory.keepTag(key, tag, digest, nowMs), undefined),
    content: (key, digest, nowMs) => attempt((memory) => memory.content(key, digest, nowMs), undefined),
    keepContent: (key, digest, content, nowMs) =>
      attempt((memory) => memory.keepContent(key, digest, content, nowMs), undefined),
    keepOutcome: (place, outcome, nowMs) => attempt((memory) => memory.keepOutcome(place, outcome, nowMs), undefined),
    outcomes: () => attempt((memory) => memory.outcomes(), []),
    demandsNothingSince: (apiUrl) => attempt((memory) => memory.demandsNothingSince(apiUrl), undefined),
    keepDemandsNothing: (apiUrl, nowMs) => attempt((memory) => memory.keepDemandsNothing(apiUrl, nowMs), undefined),
    post: (looks, nowMs) => attempt((memory) => memory.post(looks, nowMs), looks.length),
    take: (shards, most, nowMs) => attempt((memory) => memory.take(shards, most, nowMs), []),
    keepPart: (part, nowMs) => attempt((memory) => memory.keepPart(part, nowMs), undefined),
    parts: (updaters) => attempt((memory) => memory.parts(updaters), []),
    finish: (looks) => attempt((memory) => memory.finish(looks), undefined),
    handoffs: insisting((work) => attempt(async ({ handoffs }) => ({ result: await work(handoffs) }), undefined)),
  };
}

/** Does some work with what remembers hand-offs; undefined when that cannot be had. */
type Insist = <T>(work: (handoffs: HandoffStore) => Promise<T>) => Promise<{ readonly result: T } | undefined>;

/** Hand-offs must not be forgotten: a token could be used twice, and nobody would know what became of an operation. */
export function insisting(attempt: Insist): HandoffStore {
  const insist = async <T>(work: (handoffs: HandoffStore) => Promise<T>): Promise<T> => {
    const done = await attempt(work);
    if (done) return done.result;
    const fix = 'try again; the log says what is wrong with the store';
    throw new Failure('STATE_UNUSABLE', 'hand-offs cannot be remembered now', { fix, retry: { kind: 'backoff' } });
  };
  return {
    begin: (nowMs) => insist((handoffs) => handoffs.begin(nowMs)),
    submit: (handoff, nowMs) => insist((handoffs) => handoffs.submit(handoff, nowMs)),
    find: (id) => insist((handoffs) => handoffs.find(id)),
    pending: () => insist((handoffs) => handoffs.pending()),
    settle: (targets, nowMs) => insist((handoffs) => handoffs.settle(targets, nowMs)),
  };
}
