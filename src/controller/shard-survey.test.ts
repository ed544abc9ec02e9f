import { describe, expect, test } from 'vitest';
import type { Application, Source } from '../core/applications/application.ts';
import { resolveConfiguration } from './configure.ts';
import { tellerOf } from './division.ts';
import { divisionOf, partOfShard } from './shard-survey.ts';
import { keysConcerned, type Survey, statusKey, survey } from './survey.ts';

/** So many that nothing is together by chance. */
const SHARDS = 1_000_003;
const UPSTREAM = 'argocd-image-updater.argoproj.io';

/** An Application whose changes go to Git, to the branch of its source. */
function application(
  name: string,
  sources: readonly Partial<Source>[],
  settings: Readonly<Record<string, string>> = {},
): Application {
  return {
    ...{ namespace: 'argocd', name, project: 'default', labels: {}, multiSource: sources.length > 1 },
    annotations: { [`${UPSTREAM}/image-list`]: 'web=acme/web:1.x', ...settings },
    sources: sources.map((source) => ({
      ...{ repoURL: 'https://git.example/one.git', path: name, targetRevision: 'main', plugin: false },
      ...{ directory: false, ...source },
    })),
    status: { sourceTypes: [], images: [] },
  };
}

function surveyed(applications: readonly Application[]): Survey {
  const none = { secrets: [], configMaps: [], failures: [], warnings: [], imageUpdaters: [] };
  const input = { ...none, applications };
  const settings = { defaultPlatforms: [], writeBackDefault: 'git', annotations: 'always' } as const;
  return survey(input, resolveConfiguration(input, settings));
}

/** Names of those that are together, in the order of the first of each. */
function together(applications: readonly Application[]): readonly string[] {
  const { shardOf } = divisionOf(surveyed(applications), SHARDS);
  const groups = Map.groupBy(applications, ({ name }) => shardOf.get(`argocd/${name}`));
  return [...groups.values()].map((group) => group.map(({ name }) => name).join(' '));
}

const at = (repoURL: string, targetRevision = 'main') => ({
  repoURL: `https://git.example/${repoURL}.git`,
  targetRevision,
});

describe('are in one shard', () => {
  for (const [why, applications, expected] of [
    [
      'only those that share a branch',
      [
        ['a', at('x')],
        ['b', at('x')],
        ['c', at('y')],
      ],
      ['a b', 'c'],
    ],
    [
      'not those of other branches',
      [
        ['a', at('x', 'one')],
        ['b', at('x', 'two')],
      ],
      ['a', 'b'],
    ],
    [
      'those of one branch under both of its names',
      [
        ['a', at('x')],
        ['b', at('x', 'refs/heads/main')],
      ],
      ['a b'],
    ],
    [
      'all of a repository whose default branch is meant',
      [
        ['a', at('x', 'one')],
        ['b', at('x', 'HEAD')],
      ],
      ['a b'],
    ],
  ] as const) {
    test(why, () => {
      expect(together(applications.map(([name, source]) => application(name, [source])))).toEqual(expected);
    });
  }

  test('those that somebody in between connects', () => {
    const all = [
      application('a', [at('x')]),
      application('b', [at('y')]),
      application('c', [at('x'), at('y')], { 'tiphys.dev/web.source': '0' }),
    ];
    expect(together(all)).toEqual(['a b c']);
  });

  test('those that write a branch with those that read it', () => {
    const all = [
      application('a', [at('x')], { [`${UPSTREAM}/git-branch`]: 'main:release' }),
      application('b', [at('x', 'release')]),
      application('c', [at('x', 'other')]),
    ];
    expect(together(all)).toEqual(['a b', 'c']);
  });

  test('those that propose to the same repository', () => {
    const proposes = { 'tiphys.dev/pull-request': 'gitea' };
    expect(
      together([application('a', [at('x', 'one')], proposes), application('b', [at('x', 'two')], proposes)]),
    ).toEqual(['a b']);
  });
});

test('every Application is in exactly one part, and each part has all the rest', () => {
  const names = Array.from({ length: 40 }, (_, number) => `app-${number}`);
  const whole = surveyed(names.map((name) => application(name, [at(name)])));
  const division = divisionOf(whole, 3);
  const parts = [0, 1, 2].map((shard) => partOfShard(whole, division, shard));
  expect(parts.flatMap(({ byKey }) => [...byKey.keys()]).toSorted()).toEqual([...whole.byKey.keys()].toSorted());
  for (const { input, configuration, byKey, used } of parts) {
    expect(input.applications.map(({ name }) => `argocd/${name}`)).toEqual([...byKey.keys()]);
    expect(configuration.configured).toEqual([...byKey.values()].map(({ configured }) => configured));
    expect(used).toBe(whole.used);
  }
});

test('an ImageUpdater without Applications is told of by one shard', () => {
  const whole = surveyed([]);
  const division = divisionOf(whole, 3);
  const change = { kind: 'ImageUpdater', namespace: 'argocd', name: 'shop', change: 'modified' } as const;
  const concerned = [0, 1, 2].map((shard) => {
    return keysConcerned(change, { before: undefined, after: partOfShard(whole, division, shard), failing: [] });
  });
  const teller = tellerOf(change, 3);
  expect(concerned).toEqual([0, 1, 2].map((shard) => (shard === teller ? [statusKey(change)] : [])));
});
