import type { ImageName } from '../core/reference.ts';
import type { RepositoryIndex } from '../core/repository-index.ts';
import type { ClusterChanges } from '../ports/cluster.ts';
import type { LookInbox, TakenLook } from '../ports/look-inbox.ts';
import type { QueueState } from '../ports/observers.ts';
import { openAlarm } from './alarm.ts';
import type { Controller } from './controller.ts';
import type { Division } from './division.ts';
import type { EarlyAsks } from './early-asks.ts';
import { divisionOf, partOfShard } from './shard-survey.ts';
import { keysUsing, type Survey } from './survey.ts';

/** What one of several replicas is asked for, wherever that is carried out. */
export interface Relay {
  /** Asks for a look at every Application that uses an image, here or where its shard is held. */
  ask(image: ImageName): void;
  /** Asks for a look at these Applications, here or where their shards are held; whom nobody knows yet is left out. */
  look(keys: readonly string[]): void;
  /** Which images are used; any of them, as long as nobody knows. */
  used(): RepositoryIndex;
  /** What there is to look at in one shard. */
  survey(shard: number, signal: AbortSignal): Promise<Survey>;
  /** Lets a shard's looks be carried out here, until it is disposed of. */
  hold(shard: number, controller: RelayedController): Disposable;
  /** Whether an Application is looked at here. */
  isOurs(key: string): boolean;
  /** Looks have ended. */
  looked(keys: readonly string[]): void;
  /** Takes looks that others were asked for, until the signal aborts. */
  run(signal: AbortSignal): Promise<void>;
  /** Of all that is held. */
  queue(): QueueState;
}

type RelayedController = Pick<Controller, 'ask' | 'look' | 'queue'>;

export interface RelayParts {
  /** 1 or more. */
  readonly shards: number;
  readonly survey: (signal: AbortSignal) => Promise<Survey>;
  readonly changes: ClusterChanges;
  readonly early: EarlyAsks;
  /** Undefined where replicas share no store: what one of them is asked for waits until it is in charge itself. */
  readonly inbox: LookInbox | undefined;
  /** Milliseconds since 1970. */
  readonly nowMs: () => number;
  /** Told what kept it from knowing what there is; it is tried again. */
  readonly failed: (error: unknown) => void;
}

const TAKE_EVERY_MS = 500;
const MOST_TAKEN = 1_000;
/** So old may be what a replica knows that does not work itself, and so long it rests when it cannot know more. */
const SURVEY_EVERY_MS = 10_000;

/** The Applications of all shards, and which shard has which. */
interface Whole {
  readonly survey: Survey;
  readonly division: Division;
  readonly atMs: number;
  /** How many changes it has seen. */
  readonly seen: number;
}

export function openRelay({ shards, survey, changes, early, inbox, nowMs, failed }: RelayParts): Relay {
  const held = new Map<number, RelayedController>();
  const post = inbox && openPost(inbox, held, nowMs);
  let whole: Whole | undefined;
  let changed = 0;

  async function surveyAll(signal: AbortSignal): Promise<Whole> {
    const [seen, atMs] = [changed, nowMs()];
    const now = await survey(signal);
    whole = { survey: now, division: divisionOf(now, shards), atMs, seen };
    await post?.handOn(early.take(now), whole.division);
    return whole;
  }

  return {
    ask(image) {
      for (const controller of held.values()) controller.ask(image);
      if (post && whole) {
        const { division } = whole;
        const others = keysUsing(whole.survey, image).filter((key) => !held.has(division.shardOf.get(key) ?? 0));
        void post.handOn(others, division);
      } else if (held.size === 0) early.ask(image);
    },
    look(keys) {
      if (post && whole) void post.handOn(keys, whole.division);
      else for (const controller of held.values()) controller.look(keys);
    },
    used: () => whole?.survey.used ?? early.used,
    async survey(shard, signal) {
      const { survey: all, division } = await surveyAll(signal);
      return shards === 1 ? all : partOfShard(all, division, shard);
    },
    hold(shard, controller) {
      held.set(shard, controller);
      return {
        [Symbol.dispose]() {
          held.delete(shard);
          post?.forget(shard);
        },
      };
    },
    isOurs: (key) => held.has(whole?.division.shardOf.get(key) ?? Number.NaN),
    looked: (keys) => post?.looked(keys),
    async run(signal) {
      if (!post) return;
      const alarm = openAlarm();
      let restsUntilMs = Number.NEGATIVE_INFINITY;
      using _listening = changes.listen(() => {
        changed += 1;
      });
      // Those who work here survey it often enough themselves.
      const isDue = () => whole === undefined || (whole.seen < changed && whole.atMs + SURVEY_EVERY_MS <= nowMs());
      while (!signal.aborted) {
        if (isDue() && restsUntilMs <= nowMs()) {
          await surveyAll(signal).catch((error: unknown) => {
            restsUntilMs = nowMs() + SURVEY_EVERY_MS;
            if (!signal.aborted) failed(error);
          });
        }
        await post.take(whole?.division);
        await alarm.sleep(TAKE_EVERY_MS, signal);
      }
    },
    queue() {
      const states = [...held.values()].map((controller) => controller.queue());
      return {
        depth: states.reduce((sum, { depth }) => sum + depth, 0),
        oldestMs: Math.max(0, ...states.map(({ oldestMs }) => oldestMs)),
      };
    },
  };
}

/** Looks that go to other replicas, and come from them. */
function openPost(inbox: LookInbox, held: ReadonlyMap<number, RelayedController>, nowMs: () => number) {
  /** Until they have been looked at. */
  const taken = new Map<string, readonly TakenLook[]>();

  /** Here where we hold the shard, else in the inbox. */
  async function handOn(keys: readonly string[], division: Division): Promise<void> {
    const looks = keys.flatMap((key) => {
      const shard = division.shardOf.get(key);
      return shard === undefined ? [] : [{ shard, key }];
    });
    for (const { shard, key } of looks) held.get(shard)?.look([key]);
    const others = looks.filter(({ shard }) => !held.has(shard));
    if (others.length > 0) await inbox.post(others, nowMs());
  }

  return {
    handOn,
    async take(division: Division | undefined): Promise<void> {
      if (held.size === 0) return;
      const looks = await inbox.take([...held.keys()], MOST_TAKEN, nowMs());
      const hasMoved = ({ shard, key }: TakenLook) => (division?.shardOf.get(key) ?? shard) !== shard;
      for (const look of looks.filter((one) => held.has(one.shard) && !hasMoved(one))) {
        taken.set(look.key, [...(taken.get(look.key) ?? []), look]);
        held.get(look.shard)?.look([look.key]);
      }
      const moved = looks.filter(hasMoved);
      if (!division || moved.length === 0) return;
      const keys = moved.map(({ key }) => key);
      await handOn(keys, division);
      await inbox.finish(moved);
    },
    looked(keys: readonly string[]): void {
      const done = keys.flatMap((key) => taken.get(key) ?? []);
      for (const key of keys) taken.delete(key);
      if (done.length > 0) void inbox.finish(done);
    },
    /** Whoever holds the shard next is given its looks again. */
    forget(shard: number): void {
      for (const [key, looks] of taken) if (looks.some((look) => look.shard === shard)) taken.delete(key);
    },
  };
}
