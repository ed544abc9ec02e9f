import { hash } from 'node:crypto';
import { normalizeRepoURL } from './repo-url.ts';

/** What is never worked on by two at a time: a branch, where changes go to Git; else the Application itself. */
export type ShardKey =
  | { readonly kind: 'branch'; readonly repoURL: string; readonly branch: string }
  | { readonly kind: 'application'; readonly namespace: string; readonly name: string };

/**
 * The shard of a key, 0 to `shards` - 1: the same in every process and every release, and evenly spread.
 * @param shards  1 or more
 */
export function shardOf(key: ShardKey, shards: number): number {
  const words = key.kind === 'branch' ? [normalizeRepoURL(key.repoURL), key.branch] : [key.namespace, key.name];
  return Number.parseInt(hash('sha256', JSON.stringify([key.kind, ...words])).slice(0, 12), 16) % shards;
}
