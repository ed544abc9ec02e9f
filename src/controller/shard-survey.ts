import { applicationId } from '../core/applications/application.ts';
import { shortBranch } from '../core/commits/branch-name.ts';
import { normalizeRepoURL } from '../core/repo-url.ts';
import { divide, type ShardKey, type Undivided } from '../core/shard.ts';
import type { TrackedImage } from '../core/tracked-image.ts';
import type { Division } from './division.ts';
import type { Survey } from './survey.ts';

/** @param shards  1 or more */
export function divisionOf(survey: Survey, shards: number): Division {
  const { byKey, byUpdater } = survey;
  const shardOfKey =
    shards === 1 ? new Map([...byKey.keys()].map((key) => [key, 0])) : divide(undividedIn(survey), shards);
  const shardsOf = [...byUpdater].map(([updater, keys]) => {
    return [updater, new Set(keys.flatMap((key) => shardOfKey.get(key) ?? []))] as const;
  });
  return { shards, shardOf: shardOfKey, shardsOf: new Map(shardsOf) };
}

/** All Applications, each with what it touches. */
function undividedIn({ byKey }: Survey): readonly Undivided[] {
  const touched = new Map([...byKey].map(([key, { configured }]) => [key, configured.images.flatMap(keysOf)]));
  const undivided = new Set([...touched.values()].flat().filter(isDefaultBranch).map(repositoryOf));
  return [...byKey].map(([id, { application }]) => {
    const own = touched.get(id) ?? [];
    const shared = own.flatMap((key): ShardKey[] => {
      const repoURL = repositoryOf(key);
      return repoURL !== undefined && undivided.has(repoURL) ? [{ kind: 'repository', repoURL }] : [];
    });
    const { namespace, name } = application;
    return { id, keys: own.length > 0 ? [...own, ...shared] : [{ kind: 'application', namespace, name }] };
  });
}

/** What one shard sees: its own Applications, and everything else as it is. */
export function partOfShard(whole: Survey, division: Division, shard: number): Survey {
  const { input, configuration } = whole;
  const isOurs = (key: string) => division.shardOf.get(key) === shard;
  const own = [...whole.byKey].filter(([key]) => isOurs(key));
  return {
    ...whole,
    input: {
      ...input,
      applications: input.applications.filter((application) => isOurs(applicationId(application))),
      // What the load has to say is said once.
      ...(shard === 0 ? {} : { failures: [], warnings: [] }),
    },
    configuration: {
      configured: own.map(([, { configured }]) => configured),
      // Whoever tells of an ImageUpdater tells these too.
      failures: configuration.failures,
      warnings: shard === 0 ? configuration.warnings : [],
    },
    byKey: new Map(own),
    byUpdater: new Map([...whole.byUpdater].map(([updater, keys]) => [updater, keys.filter(isOurs)])),
    division: { ...division, shard },
  };
}

/** What an image's changes touch. The branch that a template names is nobody else's. */
function keysOf({ application, writeBack }: TrackedImage): readonly ShardKey[] {
  const { namespace, name, sources } = application;
  if (writeBack.method === 'argocd') return [{ kind: 'application', namespace, name }];
  const places = sources
    .filter(({ chart }) => chart === undefined || writeBack.repoURL !== undefined)
    .map(({ repoURL, targetRevision }) => ({
      repoURL: writeBack.repoURL ?? repoURL,
      branch: writeBack.branch ?? shortBranch(targetRevision),
    }));
  return places.flatMap(({ repoURL, branch }): ShardKey[] => [
    { kind: 'branch', repoURL, branch },
    ...(writeBack.writeBranch === undefined
      ? []
      : [{ kind: 'branch', repoURL, branch: writeBack.writeBranch } as const]),
    ...(writeBack.pullRequest === undefined ? [] : [{ kind: 'repository', repoURL } as const]),
  ]);
}

/** It may be any of the others, and nobody knows which one without asking. */
function isDefaultBranch(key: ShardKey): boolean {
  return key.kind === 'branch' && (key.branch === '' || key.branch === 'HEAD');
}

function repositoryOf(key: ShardKey): string | undefined {
  return 'repoURL' in key ? normalizeRepoURL(key.repoURL) : undefined;
}
