/**
 * How many shards a replica should hold: as many as everybody else, or one more.
 * @param rank  its place among the live replicas, from 0
 */
export function shareOf(rank: number, replicas: number, shards: number): number {
  return Math.floor(shards / replicas) + (rank < shards % replicas ? 1 : 0);
}
