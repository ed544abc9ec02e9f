/** Upstream's own, so that it and Tiphys never both act in one namespace. */
export const LEADER_LEASE = 'c21b75f2.argoproj.io';

export type PostKind = 'shard' | 'seat';

export function postLease(kind: PostKind, shard: number, shards: number): string {
  return `tiphys-${kind}-${shard}-of-${shards}`;
}

/** Every Lease that replicas hold between them. */
export function leaseNames(shards: number): readonly string[] {
  if (shards < 2) return [LEADER_LEASE];
  const kinds: readonly PostKind[] = ['shard', 'seat'];
  return kinds.flatMap((kind) => Array.from({ length: shards }, (_, shard) => postLease(kind, shard, shards)));
}
