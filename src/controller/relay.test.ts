import { expect, onTestFinished, test } from 'vitest';
import { eventually } from '../../test/support/eventually.ts';
import type { Application } from '../core/applications/application.ts';
import { Failure } from '../core/failure.ts';
import { openMemoryStore } from '../store/open-store.ts';
import { resolveConfiguration } from './configure.ts';
import { openEarlyAsks } from './early-asks.ts';
import { openRelay, type Relay } from './relay.ts';
import { divisionOf } from './shard-survey.ts';
import { survey } from './survey.ts';

const SHARDS = 2;
const UPSTREAM = 'argocd-image-updater.argoproj.io';
const WEB = { registry: '', repository: 'acme/web' };
const NAMES = Array.from({ length: 8 }, (_, number) => `app-${number}`);

const APPLICATIONS = NAMES.map(
  (name): Application => ({
    ...{ namespace: 'argocd', name, project: 'default', labels: {}, multiSource: false },
    annotations: { [`${UPSTREAM}/image-list`]: 'web=acme/web:1.x' },
    sources: [
      { repoURL: `https://git.example/${name}`, path: '', targetRevision: 'main', plugin: false, directory: false },
    ],
    status: { sourceTypes: [], images: [] },
  }),
);

function surveyed() {
  const none = { secrets: [], configMaps: [], failures: [], warnings: [], imageUpdaters: [] };
  const settings = { defaultPlatforms: [], writeBackDefault: 'git', annotations: 'always' } as const;
  const input = { ...none, applications: APPLICATIONS };
  return survey(input, resolveConfiguration(input, settings));
}

const { shardOf } = divisionOf(surveyed(), SHARDS);
const keysOf = (shard: number) => [...shardOf].flatMap(([key, at]) => (at === shard ? [key] : []));

interface Replica {
  readonly relay: Relay;
  /** What its controllers were asked for. */
  readonly looks: string[];
  readonly failures: unknown[];
  hold(shard: number): Disposable;
  /** Tells it that something in the cluster has changed. */
  change(): void;
  /** How often it has looked at what there is. */
  surveys(): number;
}

/** Replicas over one store, each of which runs until the test ends. */
function openReplicas(
  count: number,
  { isShared = true, failingSurveys = 0, clock = { aheadMs: 0 } } = {},
): readonly Replica[] {
  const store = openMemoryStore();
  const stop = new AbortController();
  onTestFinished(() => stop.abort());
  let failing = failingSurveys;
  return Array.from({ length: count }, () => {
    const [looks, failures]: [string[], unknown[]] = [[], []];
    let [surveys, change] = [0, () => {}];
    const relay = openRelay({
      shards: SHARDS,
      early: openEarlyAsks(),
      inbox: isShared ? store : undefined,
      nowMs: () => Date.now() + clock.aheadMs,
      changes: {
        synced: async () => {},
        listen(happened) {
          change = () => happened({ kind: 'Application', namespace: 'argocd', name: 'app-0', change: 'modified' });
          return { [Symbol.dispose]() {} };
        },
      },
      async survey() {
        surveys += 1;
        if (failing-- > 0) throw new Failure('CLUSTER_UNREACHABLE', 'it is away', { fix: 'wait' });
        return surveyed();
      },
      failed: (error) => failures.push(error),
    });
    void relay.run(stop.signal);
    const hold = (shard: number) =>
      relay.hold(shard, {
        ask: ({ repository }) => looks.push(`${repository} in ${shard}`),
        look: (keys) => looks.push(...keys),
        queue: () => ({ depth: shard + 1, oldestMs: shard }),
      });
    return { relay, looks, failures, hold, change: () => change(), surveys: () => surveys };
  });
}

test('what a replica is asked for is looked at where its shard is held', async () => {
  const [one, other] = openReplicas(2);
  using _zero = one?.hold(0);
  using _one = other?.hold(1);
  await one?.relay.survey(0, new AbortController().signal);
  one?.relay.ask(WEB);
  await eventually(() => expect(other?.looks.toSorted()).toEqual(keysOf(1).toSorted()));
  expect(one?.looks).toEqual(['acme/web in 0']);
});

test('Applications that are named are looked at where their shards are held', async () => {
  const [one, other] = openReplicas(2);
  using _zero = one?.hold(0);
  using _one = other?.hold(1);
  await one?.relay.survey(0, new AbortController().signal);
  const [[here = ''], [there = '']] = [keysOf(0), keysOf(1)];
  one?.relay.look([here, there, 'argocd/nobody']);
  await eventually(() => expect([one?.looks, other?.looks]).toEqual([[here], [there]]));
});

test('without a shared store Applications that are named are looked at here', () => {
  const [alone] = openReplicas(1, { isShared: false });
  using _zero = alone?.hold(0);
  alone?.relay.look(['argocd/app-1']);
  expect(alone?.looks).toEqual(['argocd/app-1']);
});

test('a replica that only stands by hands on too, also what came before it knew anything', async () => {
  const [leader, standby] = openReplicas(2);
  standby?.relay.ask(WEB);
  using _zero = leader?.hold(0);
  using _one = leader?.hold(1);
  await eventually(() => expect(leader?.looks.toSorted()).toEqual([...keysOf(0), ...keysOf(1)].toSorted()));
  expect([standby?.relay.isOurs('argocd/app-0'), leader?.relay.isOurs('argocd/app-0')]).toEqual([false, true]);
});

test('whoever takes a shard over is given what was not looked at yet, and nothing that was', async () => {
  const clock = { aheadMs: 0 };
  const [before, after, asked] = openReplicas(3, { clock });
  const first = before?.hold(0);
  asked?.relay.ask(WEB);
  await eventually(() => expect(before?.looks.toSorted()).toEqual(keysOf(0).toSorted()));
  const [done = '', ...left] = keysOf(0);
  before?.relay.looked([done]);
  first?.[Symbol.dispose]();
  clock.aheadMs = 61_000;
  using _second = after?.hold(0);
  await eventually(() => expect(after?.looks.toSorted()).toEqual(left.toSorted()));
});

test('without a shared store a replica keeps what it is asked for until it is in charge', async () => {
  const [alone] = openReplicas(1, { isShared: false });
  alone?.relay.ask(WEB);
  using _zero = alone?.hold(0);
  alone?.relay.ask(WEB);
  expect(alone?.looks).toEqual(['acme/web in 0']);
  expect(alone?.relay.queue()).toEqual({ depth: 1, oldestMs: 0 });
});

test('a replica that stands by keeps up with what changes, and asks no more often than it must', async () => {
  const clock = { aheadMs: 0 };
  const [standby] = openReplicas(1, { clock });
  await eventually(() => expect(standby?.surveys()).toBe(1));
  for (const aheadMs of [20_000, 40_000]) {
    clock.aheadMs = aheadMs;
    await new Promise((passed) => setTimeout(passed, 600));
  }
  expect(standby?.surveys()).toBe(1);
  standby?.change();
  await eventually(() => expect(standby?.surveys()).toBe(2));
});

test('a cluster that is away is told of', async () => {
  const [only] = openReplicas(1, { failingSurveys: 1 });
  await eventually(() => expect(only?.failures).toMatchObject([{ code: 'CLUSTER_UNREACHABLE' }]));
});
