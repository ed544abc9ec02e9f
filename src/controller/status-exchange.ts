import { joinParts, type RecentUpdate, type UpdaterPart } from '../core/image-updater-status.ts';
import type { UpdaterKey } from '../core/tracked-image.ts';
import { isUntyped, listAt, textAt, textsAt, type Untyped } from '../core/untyped.ts';
import type { LookInbox } from '../ports/look-inbox.ts';
import type { StatusPart, StatusParts } from '../ports/status-parts.ts';
import { type OwnDivision, tellerOf } from './division.ts';
import { type Survey, statusKey } from './survey.ts';

/** What an ImageUpdater's Applications come to, by its "namespace/name"; undefined as long as some were not looked at. */
export type KnownParts = ReadonlyMap<string, UpdaterPart | undefined>;

/**
 * Lets the other shards know what ours knows of ImageUpdaters.
 * @returns  of those that we tell the cluster of, what all shards know
 */
export type ExchangeParts = (survey: Survey, own: KnownParts) => Promise<KnownParts>;

/** @param nowMs  milliseconds since 1970 */
export function openStatusExchange(store: StatusParts & LookInbox, nowMs: () => number): ExchangeParts {
  /** Keeps what our shard knows by now, for whoever tells the cluster of it. */
  async function say({ key, updater, teller }: Concerned, shard: number, text: string): Promise<void> {
    await store.keepPart({ updater, shard, text }, nowMs());
    if (teller !== shard) await store.post([{ shard: teller, key: statusKey(key) }], nowMs());
  }

  return async ({ input, division }, own) => {
    if (!division) return own;
    const { shard, shards } = division;
    const concerned = concernedOf(input.imageUpdaters, division);
    const kept = keptParts(await store.parts(concerned.map(({ updater }) => updater)), shards);
    const known = new Map<string, UpdaterPart | undefined>();
    for (const one of concerned) {
      const before = kept.get(placeOf(one.updater, shard));
      const ours = withUpdates(own.get(one.updater), before?.part);
      const text = JSON.stringify({ shards, ...ours });
      if (ours && one.holders.has(shard) && text !== before?.text) await say(one, shard, text);
      if (one.teller !== shard) continue;
      const parts = [...one.holders].map((holder) => {
        return holder === shard ? ours : kept.get(placeOf(one.updater, holder))?.part;
      });
      known.set(one.updater, joinIfKnown(parts));
    }
    return known;
  };
}

/** An ImageUpdater that a shard has Applications of, or tells the cluster of. */
interface Concerned {
  readonly key: UpdaterKey;
  readonly updater: string;
  /** The shards that have its Applications. */
  readonly holders: ReadonlySet<number>;
  readonly teller: number;
}

function concernedOf(updaters: readonly UpdaterKey[], { shard, shards, shardsOf }: OwnDivision): readonly Concerned[] {
  return updaters
    .map(({ namespace, name }): Concerned => {
      const [key, updater] = [{ namespace, name }, `${namespace}/${name}`];
      return { key, updater, holders: shardsOf.get(updater) ?? new Set(), teller: tellerOf(key, shards) };
    })
    .filter(({ holders, teller }) => holders.has(shard) || teller === shard);
}

function joinIfKnown(parts: readonly (UpdaterPart | undefined)[]): UpdaterPart | undefined {
  const known = parts.filter((part) => part !== undefined);
  return known.length === parts.length ? joinParts(known) : undefined;
}

interface KeptPart {
  readonly text: string;
  /** Undefined for what another release has written in other words, or replicas that were told of other shards. */
  readonly part: UpdaterPart | undefined;
}

function keptParts(parts: readonly StatusPart[], shards: number): ReadonlyMap<string, KeptPart> {
  return new Map(
    parts.map(({ updater, shard, text }) => [placeOf(updater, shard), { text, part: readPart(text, shards) }]),
  );
}

function placeOf(updater: string, shard: number): string {
  return `${shard} ${updater}`;
}

/** What was moved stays until something else is. */
function withUpdates(part: UpdaterPart | undefined, before: UpdaterPart | undefined): UpdaterPart | undefined {
  return part && before && part.updates.length === 0 ? { ...part, updates: before.updates } : part;
}

const COUNTS = ['applications', 'considered', 'failed', 'moved'] as const;

function readPart(text: string, shards: number): UpdaterPart | undefined {
  const read: unknown = JSON.parse(text);
  if (!isUntyped(read) || read['shards'] !== shards) return undefined;
  const [applications = 0, considered = 0, failed = 0, moved = 0] = COUNTS.map((name) => Number(read[name]));
  if (!Number.isSafeInteger(applications + considered + failed + moved)) return undefined;
  return {
    ...{ applications, considered, failed, moved },
    failures: textsAt(read, 'failures'),
    updates: listAt(read, 'updates').filter(isUntyped).map(readUpdate),
  };
}

function readUpdate(read: Untyped): RecentUpdate {
  const text = (key: string) => textAt(read, key) ?? '';
  return {
    alias: text('alias'),
    image: text('image'),
    newVersion: text('newVersion'),
    applicationsUpdated: Number(read['applicationsUpdated']),
    updatedAt: text('updatedAt'),
    message: text('message'),
  };
}
