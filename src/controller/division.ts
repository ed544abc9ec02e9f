import { shardOf } from '../core/shard.ts';
import type { UpdaterKey } from '../core/tracked-image.ts';

/** How the work of a survey is divided over replicas. */
export interface Division {
  readonly shards: number;
  /** Of an Application, by its "namespace/name". */
  readonly shardOf: ReadonlyMap<string, number>;
  /** The shards that have Applications of an ImageUpdater, by its "namespace/name". */
  readonly shardsOf: ReadonlyMap<string, ReadonlySet<number>>;
}

/** The same, as one of the shards sees it. */
export interface OwnDivision extends Division {
  readonly shard: number;
}

/** The shard that tells the cluster of an ImageUpdater. */
export function tellerOf({ namespace, name }: UpdaterKey, shards: number): number {
  return shardOf({ kind: 'updater', namespace, name }, shards);
}
