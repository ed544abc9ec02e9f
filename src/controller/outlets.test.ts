import { describe, expect, test } from 'vitest';
import { item } from '../../test/support/sample-report.ts';
import type { Application } from '../core/applications/application.ts';
import { Failure } from '../core/failure.ts';
import type { ImageUpdaterObject } from '../core/objects/image-updater-object.ts';
import type { ItemReport } from '../core/report.ts';
import { openResolver } from './configure.ts';
import { openOutlets } from './outlets.ts';
import { openStandings } from './standings.ts';
import { survey } from './survey.ts';

const SIGNAL = new AbortController().signal;
const NOON_MS = Date.UTC(2026, 0, 1, 12);
const FINALIZER = 'resources-finalizer.argocd-image-updater.argoproj.io';
const REFRESH = { 'tiphys.dev/refresh': 'now' };

function application(name: string, annotations: Readonly<Record<string, string>> = {}): Application {
  return {
    ...{ namespace: 'argocd', name, project: 'default', labels: {}, annotations },
    ...{ sources: [], multiSource: false, status: { sourceTypes: [], images: [] } },
  };
}

function updater(name: string, state: Partial<NonNullable<ImageUpdaterObject['live']>> = {}): ImageUpdaterObject {
  const live = { uid: name, generation: 1, finalizers: [], isBeingDeleted: false, status: undefined, ...state };
  const images = [{ alias: 'web', imageName: 'acme/web:1.x' }];
  const spec = { writeBackConfig: { method: 'git' }, applicationRefs: [{ namePattern: `${name}-*`, images }] };
  return { namespace: 'argocd', name, annotations: {}, live, spec };
}

/** A cluster that counts what it is told, as "verb object". */
function openCluster(refuses: (call: string) => boolean = () => false) {
  const calls: string[] = [];
  let nowMs = NOON_MS;
  const call = async <T>(text: string, answer: T): Promise<T> => {
    calls.push(text);
    if (refuses(text)) throw new Failure('CLUSTER_FORBIDDEN', 'may not', { fix: 'grant it' });
    return answer;
  };
  const tell = openOutlets({
    statuses: {
      apply: ({ name }) => call(`status ${name}`, 'applied'),
      removeFinalizer: ({ name }, finalizer) => call(`release ${name} of ${finalizer}`, 'removed'),
    },
    events: { record: ({ reason, object }) => call(`${reason} ${object.name}`, undefined) },
    applications: { patch: ({ name }) => call(`patch ${name}`, { kind: 'patched', object: {} }) },
    nowMs: () => nowMs,
  });
  const standings = openStandings();
  const resolve = openResolver({ defaultPlatforms: [], writeBackDefault: undefined, annotations: 'auto' });
  return {
    /** Lets a look end, at everything or at one Application, and says what the cluster was told of it. */
    async look(
      applications: readonly Application[],
      imageUpdaters: readonly ImageUpdaterObject[],
      find: (name: string) => Partial<ItemReport> = () => ({}),
      only?: string,
    ) {
      calls.length = 0;
      const input = { applications, imageUpdaters, secrets: [], configMaps: [], failures: [], warnings: [] };
      const seen = survey(input, resolve(input));
      const looked = [...seen.byKey].filter(([key]) => only === undefined || key === only);
      const items = looked.flatMap(([key, { configured }]) =>
        configured.images.map(({ policyOrigin, application: { name } }) =>
          item({ application: key, ...(policyOrigin ? { policy: policyOrigin } : {}), ...find(name) }),
        ),
      );
      const keys = new Set(looked.map(([key]) => key));
      const news = standings.update(items, { keys: [...keys], isThere: () => true });
      const problems = await tell({ survey: seen, keys, items, news }, standings, SIGNAL);
      return { calls: calls.toSorted(), problems: problems.map(({ message }) => message) };
    },
    later(ms: number) {
      nowMs += ms;
    },
  };
}

describe('what a look costs', () => {
  test('10,000 Applications of 100 ImageUpdaters with nothing to do: a status each in ten minutes', async () => {
    const updaters = Array.from({ length: 100 }, (_, index) => updater(`u${index}`));
    const applications = Array.from({ length: 10_000 }, (_, index) => application(`u${index % 100}-${index}`));
    const cluster = openCluster();
    const written: number[] = [];
    for (let minute = 0; minute <= 20; minute += 2) {
      const { calls } = await cluster.look(applications, updaters);
      expect(calls.filter((call) => !call.startsWith('status '))).toEqual([]);
      written.push(calls.length);
      cluster.later(120_000);
    }
    expect(written).toEqual([100, 0, 0, 0, 0, 100, 0, 0, 0, 0, 100]);
  });

  test('a move: an Event, and one status', async () => {
    const cluster = openCluster();
    const [applications, updaters] = [
      [application('a-1'), application('b-1')],
      [updater('a'), updater('b')],
    ];
    await cluster.look(applications, updaters);
    cluster.later(1_000);
    const moved = { outcome: 'update', rule: 'newest', to: '2' } as const;
    const { calls } = await cluster.look(applications, updaters, (name) => (name === 'a-1' ? moved : {}));
    expect(calls).toEqual(['ImagesUpdated a-1', 'status a']);
  });
});

test('what is being deleted is let go, and has no status', async () => {
  const gone = updater('gone', { isBeingDeleted: true, finalizers: [FINALIZER, 'others'] });
  const others = updater('others', { isBeingDeleted: true, finalizers: ['others'] });
  const kept = updater('kept', { finalizers: [FINALIZER] });
  const { calls } = await openCluster().look([], [gone, others, kept]);
  expect(calls).toEqual([`release gone of ${FINALIZER}`, 'status kept']);
});

test('a wish to be looked at is taken back after the look', async () => {
  const { calls } = await openCluster().look([application('a-1', REFRESH), application('a-2')], []);
  expect(calls).toEqual(['patch a-1']);
});

test('a right that is missing stops nothing else', async () => {
  const cluster = openCluster((call) => call === 'status a');
  const { calls, problems } = await cluster.look([application('a-1', REFRESH)], [updater('a'), updater('b')]);
  expect([calls, problems]).toEqual([['patch a-1', 'status a', 'status b'], ['may not']]);
  // It was not written, so it is still to be.
  expect((await cluster.look([], [updater('a'), updater('b')])).calls).toContain('status a');
});

test('an ImageUpdater of which only a part was looked at has no status yet', async () => {
  const cluster = openCluster();
  const applications = [application('a-1'), application('a-2'), application('b-1')];
  const updaters = [updater('a'), updater('b')];
  expect((await cluster.look(applications, updaters, () => ({}), 'argocd/b-1')).calls).toEqual(['status b']);
  expect((await cluster.look(applications, updaters)).calls).toEqual(['status a']);
});
