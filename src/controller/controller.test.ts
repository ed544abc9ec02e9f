import { describe, expect, onTestFinished, test } from 'vitest';
import { eventually } from '../../test/support/eventually.ts';
import { item, report } from '../../test/support/sample-report.ts';
import { type Application, applicationId } from '../core/applications/application.ts';
import { Failure } from '../core/failure.ts';
import type { ItemReport } from '../core/report.ts';
import type { ClusterChange } from '../ports/cluster.ts';
import { resolveConfiguration } from './configure.ts';
import { type Controller, type ControllerEvent, openController, type Pace } from './controller.ts';
import { openEarlyAsks } from './early-asks.ts';
import type { Looked } from './outlets.ts';
import { survey } from './survey.ts';

const UPSTREAM = 'argocd-image-updater.argoproj.io';
const PACE: Pace = { intervalMs: 60_000, followsChanges: true, looksAtOnce: 1, once: false };

function application(name: string, annotations: Readonly<Record<string, string>> = {}): Application {
  return {
    namespace: 'argocd',
    name,
    project: 'default',
    labels: {},
    annotations: { [`${UPSTREAM}/image-list`]: `web=acme/${name}:1.x`, ...annotations },
    sources: [
      { repoURL: 'https://git.example/one.git', path: name, targetRevision: '', plugin: false, directory: false },
    ],
    multiSource: false,
    status: { sourceTypes: [], images: [] },
  };
}

const PROPOSES = { 'tiphys.dev/pull-request': 'gitea' };

interface Stage {
  readonly controller: Controller;
  /** The Applications of each look, by their names. */
  readonly looks: (readonly string[])[];
  readonly told: Looked[];
  readonly events: ControllerEvent[];
  applications: Application[];
  change(kind: ClusterChange['kind'], name: string): void;
  /** Answers looks: what becomes of an Application's image. */
  outcome: (name: string) => Partial<ItemReport>;
  /** Looks wait for it. */
  gate: Promise<void>;
  failingLoads: number;
  ended: Promise<void>;
  stop(): void;
}

/** A controller over Applications that a test can change, and over looks that it can hold up. */
function start(applications: readonly Application[], pace: Partial<Pace> = {}, early = openEarlyAsks()): Stage {
  let listener: (change: ClusterChange) => void = () => {};
  const stop = new AbortController();
  const [looks, told, events]: [string[][], Looked[], ControllerEvent[]] = [[], [], []];
  const controller = openController({
    pace: { ...PACE, ...pace },
    early,
    random: () => 0.5,
    changes: {
      synced: () => Promise.resolve(),
      listen(happened) {
        listener = happened;
        return { [Symbol.dispose]() {} };
      },
    },
    survey: async () => {
      if (stage.failingLoads-- > 0) throw new Failure('CLUSTER_UNREACHABLE', 'it is away', { fix: 'wait' });
      const none = { secrets: [], configMaps: [], failures: [], warnings: [], imageUpdaters: [] };
      const input = { ...none, applications: [...stage.applications] };
      const settings = { defaultPlatforms: [], writeBackDefault: 'git', annotations: 'always' } as const;
      return survey(input, resolveConfiguration(input, settings));
    },
    carryOut: async ({ input }, signal) => {
      const names = input.applications.map(({ name }) => name);
      looks.push(names);
      await stage.gate;
      signal.throwIfAborted();
      return report({
        items: names.map((name) =>
          item({ application: applicationId({ namespace: 'argocd', name }), ...stage.outcome(name) }),
        ),
      });
    },
    tell: async (looked) => {
      told.push(looked);
      return [];
    },
  });
  const stage: Stage = {
    ...{ controller, looks, told, events, applications: [...applications] },
    change: (kind, name) => listener({ kind, namespace: 'argocd', name, change: 'modified' }),
    outcome: () => ({}),
    gate: Promise.resolve(),
    failingLoads: 0,
    ended: Promise.resolve(),
    stop: () => stop.abort(),
  };
  stage.ended = controller.run((event) => events.push(event), stop.signal);
  onTestFinished(() => {
    stop.abort();
    return stage.ended.catch(() => {});
  });
  return stage;
}

const until = (check: () => void) => eventually(check, 5);

describe('rounds', () => {
  const TWO = [application('a'), application('b')];

  test('all Applications are one look, again after each interval', async () => {
    const stage = start(TWO, { intervalMs: 20 });
    await until(() => expect(stage.looks.length).toBeGreaterThan(2));
    expect(new Set(stage.looks.map(String))).toEqual(new Set(['a,b']));
  });

  test('once, and then the end', async () => {
    const stage = start(TWO, { once: true });
    await stage.ended;
    expect(stage.looks).toEqual([['a', 'b']]);
  });

  test('a single round that fails is a failure', async () => {
    const stage = start(TWO, { once: true });
    stage.gate = Promise.reject(new Failure('GIT_MISSING', 'no git', { fix: 'install it' }));
    await expect(stage.ended).rejects.toMatchObject({ code: 'GIT_MISSING' });
  });

  test('never by time: only those that somebody wants', async () => {
    const stage = start([application('a'), application('b', { 'tiphys.dev/refresh': 'now' })], {
      intervalMs: undefined,
      followsChanges: false,
    });
    await until(() => expect(stage.looks).toEqual([['b']]));
    stage.applications = [application('a'), application('b')];
    stage.change('Application', 'b');
    stage.controller.ask({ registry: '', repository: 'acme/a' });
    await until(() => expect(stage.looks.slice(1)).toEqual([['a']]));
  });

  test('an annotation that nobody takes off asks once, and again when its Application changes', async () => {
    const wanted = application('b', { 'tiphys.dev/refresh': 'now' });
    const stage = start([application('a'), wanted], { intervalMs: undefined, followsChanges: false });
    await until(() => expect(stage.looks).toEqual([['b']]));
    stage.change('Application', 'a');
    await new Promise((passed) => setTimeout(passed, 300));
    expect(stage.looks).toEqual([['b']]);
    stage.change('Application', 'b');
    await until(() => expect(stage.looks).toEqual([['b'], ['b']]));
  });

  test('what is asked for before anybody knows who uses it is looked at then', async () => {
    const TWO_ASKED = [
      { registry: '', repository: 'acme/a' },
      { registry: '', repository: 'acme/nobody' },
    ] as const;
    const early = openEarlyAsks();
    for (const image of TWO_ASKED) early.ask(image);
    const stage = start(TWO, { intervalMs: undefined, followsChanges: false }, early);
    await until(() => expect(stage.looks).toEqual([['a']]));
    expect(stage.controller.used()({ registry: '', repository: 'acme/nobody' })).toEqual([]);
  });

  test('so much that it cannot be remembered means everything', async () => {
    const early = openEarlyAsks();
    for (let number = 0; number <= 1_000; number += 1)
      for (const image of early.used({ registry: '', repository: `acme/${number}` })) early.ask(image);
    const stage = start(TWO, { intervalMs: undefined, followsChanges: false }, early);
    await until(() => expect(stage.looks).toEqual([['a', 'b']]));
  });

  test('the process ends once the look in flight has let go', async () => {
    const stage = start(TWO);
    const held = Promise.withResolvers<void>();
    stage.gate = held.promise;
    await until(() => expect(stage.looks).toHaveLength(1));
    stage.stop();
    expect(await Promise.race([stage.ended, Promise.resolve('still running')])).toBe('still running');
    held.resolve();
    await stage.ended;
    expect(stage.told).toEqual([]);
  });

  test('a load that fails is told, and done again', async () => {
    const stage = start(TWO, { intervalMs: 20 });
    await until(() => expect(stage.looks).toHaveLength(1));
    stage.failingLoads = 1;
    await until(() => expect(stage.events).toContainEqual(expect.objectContaining({ kind: 'failed' })));
    const looks = stage.looks.length;
    await until(() => expect(stage.looks.length).toBeGreaterThan(looks));
  });
});

describe('single Applications', () => {
  const ALL = ['a', 'b', 'c'].map((name) => application(name));

  async function afterFirst(applications: readonly Application[], pace: Partial<Pace> = {}): Promise<Stage> {
    const stage = start(applications, pace);
    await until(() => expect(stage.told).toHaveLength(1));
    stage.looks.length = 0;
    return stage;
  }

  test('those that have changed are looked at, and no others', async () => {
    const stage = await afterFirst(ALL);
    stage.change('Application', 'b');
    await until(() => expect(stage.looks).toEqual([['b']]));
  });

  test('one that is new is looked at', async () => {
    const stage = await afterFirst(ALL);
    stage.applications.push(application('d'));
    stage.change('Application', 'd');
    await until(() => expect(stage.looks).toEqual([['d']]));
  });

  test('an ImageUpdater that configures nothing has its status told, which is no cycle', async () => {
    const stage = await afterFirst(ALL);
    stage.events.length = 0;
    stage.change('ImageUpdater', 'idle');
    await until(() => expect(stage.told).toHaveLength(2));
    await until(() => expect(stage.events).toEqual([{ kind: 'told', keys: ['ImageUpdater argocd/idle'] }]));
  });

  test('those of a project that has changed', async () => {
    const stage = await afterFirst([...ALL, { ...application('d'), project: 'shop' }]);
    stage.change('AppProject', 'shop');
    await until(() => expect(stage.looks).toEqual([['d']]));
  });

  test('those that failed, when credentials have changed', async () => {
    const stage = start(ALL);
    stage.outcome = (name) => (name === 'c' ? { outcome: 'failed', rule: 'GIT_UNAUTHORIZED' } : {});
    await until(() => expect(stage.told).toHaveLength(1));
    stage.change('Secret', 'repo-one');
    await until(() => expect(stage.looks.slice(1)).toEqual([['c']]));
  });

  test('those that use an image that was pushed', async () => {
    const stage = await afterFirst(ALL);
    for (const image of stage.controller.used()({ registry: 'docker.io', repository: 'acme/c' })) {
      stage.controller.ask(image);
    }
    await until(() => expect(stage.looks).toEqual([['c']]));
    expect(stage.controller.used()({ registry: '', repository: 'acme/x' })).toEqual([]);
  });

  test('one that is asked for while it is looked at is looked at again, and only once', async () => {
    const stage = await afterFirst(ALL);
    const held = Promise.withResolvers<void>();
    stage.gate = held.promise;
    const ask = () => stage.controller.ask({ registry: '', repository: 'acme/a' });
    ask();
    await until(() => expect(stage.looks).toHaveLength(1));
    for (let times = 0; times < 5; times += 1) ask();
    held.resolve();
    await until(() => expect(stage.looks).toEqual([['a'], ['a']]));
  });

  test('a round that takes long does not keep others waiting', async () => {
    const stage = start(ALL);
    const held = Promise.withResolvers<void>();
    stage.gate = held.promise;
    await until(() => expect(stage.looks).toEqual([['a', 'b', 'c']]));
    stage.gate = Promise.resolve();
    stage.applications.push(application('d'));
    stage.change('Application', 'd');
    await until(() => expect(stage.told.map(({ keys }) => [...keys])).toEqual([['argocd/d']]));
    held.resolve();
    await until(() => expect(stage.told).toHaveLength(2));
  });

  test('no more looks at a time than may be', async () => {
    const stage = await afterFirst(ALL, { looksAtOnce: 2 });
    const held = Promise.withResolvers<void>();
    stage.gate = held.promise;
    for (const [index, name] of ['a', 'b', 'c'].entries()) {
      stage.controller.ask({ registry: '', repository: `acme/${name}` });
      if (index < 2) await until(() => expect(stage.looks).toHaveLength(index + 1));
    }
    expect(stage.controller.queue().depth).toBe(1);
    held.resolve();
    await until(() => expect(stage.looks).toEqual([['a'], ['b'], ['c']]));
  });

  test('those that propose changes to one repository are looked at together', async () => {
    const stage = await afterFirst([application('a'), application('b', PROPOSES), application('c', PROPOSES)]);
    stage.change('Application', 'c');
    await until(() => expect(stage.looks).toEqual([['b', 'c']]));
    stage.change('Application', 'a');
    await until(() => expect(stage.looks.slice(1)).toEqual([['a']]));
  });

  test('those that are at odds over one place are looked at together', async () => {
    const stage = start(ALL);
    stage.outcome = (name) => (name === 'a' ? {} : { outcome: 'failed', rule: 'TARGET_CONFLICT' });
    await until(() => expect(stage.told).toHaveLength(1));
    stage.change('Application', 'b');
    await until(() => expect(stage.looks.slice(1)).toEqual([['b', 'c']]));
  });
});

describe('what is told', () => {
  test('news once, and again when it has changed meanwhile', async () => {
    const stage = start([application('a')], { intervalMs: 10 });
    const outcomes = [
      {},
      { outcome: 'held', rule: 'downgrade', to: '0.9' },
      { outcome: 'failed', rule: 'GIT_TIMEOUT' },
    ] as const;
    const seen: string[][] = [];
    for (const index of [1, 2, 0, 2]) {
      stage.outcome = () => outcomes[index] ?? {};
      stage.told.length = 0;
      await until(() => expect(stage.told.length).toBeGreaterThan(3));
      seen.push(stage.told.flatMap(({ news }) => news.map(({ rule }) => rule)));
    }
    expect(seen).toEqual([['downgrade'], ['GIT_TIMEOUT'], [], ['GIT_TIMEOUT']]);
  });

  test('every move', async () => {
    const stage = start([application('a')], { intervalMs: 10 });
    stage.outcome = () => ({ outcome: 'update', rule: 'newest', from: '1.0', to: '1.1' });
    await until(() => expect(stage.told.length).toBeGreaterThan(2));
    expect(stage.told.slice(0, 3).map(({ news }) => news.length)).toEqual([1, 1, 1]);
  });
});
