import { hash } from 'node:crypto';
import { normalizeRepoURL } from './repo-url.ts';

/**
 * What is never worked on by two at a time: a branch or a repository, where changes go to Git; else the Application.
 * And an ImageUpdater, of which one tells the cluster.
 */
export type ShardKey =
  | { readonly kind: 'branch'; readonly repoURL: string; readonly branch: string }
  | { readonly kind: 'repository'; readonly repoURL: string }
  | { readonly kind: 'application' | 'updater'; readonly namespace: string; readonly name: string };

/** Something that is worked on as a whole, and all that it touches. */
export interface Undivided {
  readonly id: string;
  /** One at least. */
  readonly keys: readonly ShardKey[];
}

/**
 * The shard of a key, 0 to `shards` - 1: the same in every process and every release, and evenly spread.
 * @param shards  1 or more
 */
export function shardOf(key: ShardKey, shards: number): number {
  return shardOfText(textOf(key), shards);
}

/**
 * The shard of each, by its id. Those that touch the same are together, also when it takes others to connect them: the
 * first key of them all, in the order of texts, says where.
 */
export function divide(all: readonly Undivided[], shards: number): ReadonlyMap<string, number> {
  const leaders = new Map<string, string>();
  const leaderOf = (text: string): string => {
    let [leader, next] = [text, leaders.getOrInsert(text, text)];
    while (next !== leader) {
      const beyond = leaders.get(next) ?? next;
      leaders.set(leader, beyond);
      [leader, next] = [next, beyond];
    }
    return leader;
  };
  const texts = all.map(({ keys }) => keys.map(textOf));
  for (const [first = '', ...rest] of texts) {
    for (const text of rest) {
      const [lesser = '', greater = ''] = [leaderOf(first), leaderOf(text)].toSorted();
      leaders.set(greater, lesser);
    }
  }
  const shardsOf = new Map<string, number>();
  const shardOfLeader = (leader: string) => shardsOf.getOrInsertComputed(leader, () => shardOfText(leader, shards));
  return new Map(all.map(({ id }, index) => [id, shardOfLeader(leaderOf(texts[index]?.[0] ?? ''))]));
}

function textOf(key: ShardKey): string {
  return JSON.stringify([key.kind, ...wordsOf(key)]);
}

function wordsOf(key: ShardKey): readonly string[] {
  switch (key.kind) {
    case 'branch':
      return [normalizeRepoURL(key.repoURL), key.branch];
    case 'repository':
      return [normalizeRepoURL(key.repoURL)];
    case 'application':
    case 'updater':
      return [key.namespace, key.name];
    default:
      return key satisfies never;
  }
}

function shardOfText(text: string, shards: number): number {
  return Number.parseInt(hash('sha256', text).slice(0, 12), 16) % shards;
}
