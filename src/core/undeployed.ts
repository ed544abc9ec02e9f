import type { SeenItem } from './last-looks.ts';

/** A version that may be deployed and is not written yet. */
export interface Undeployed {
  readonly application: string;
  readonly alias: string;
  readonly to: string;
  /** When a cycle first found it so, in milliseconds since 1970. */
  readonly sinceMs: number;
}

/**
 * The newest allowed versions that are not written after a cycle: they are held, proposed, or their change failed.
 * @param before those of the cycle before
 * @param items all images as they were seen last
 * @param nowMs milliseconds since 1970
 */
export function undeployedAfter(
  before: readonly Undeployed[],
  items: readonly SeenItem[],
  nowMs: number,
): readonly Undeployed[] {
  const since = new Map(before.map((one) => [keyOf(one), one.sinceMs]));
  return items.flatMap(({ application, alias, to, ...item }) => {
    if (to === null || to === item.from || isWritten(item)) return [];
    const found = { application, alias, to };
    return [{ ...found, sinceMs: since.get(keyOf(found)) ?? nowMs }];
  });
}

function isWritten({ outcome, pullRequest }: Pick<SeenItem, 'outcome' | 'pullRequest'>): boolean {
  const isProposed = pullRequest !== undefined && pullRequest.state !== 'merged';
  return outcome === 'current' || outcome === 'none' || (outcome === 'update' && !isProposed);
}

function keyOf({ application, alias, to }: Omit<Undeployed, 'sinceMs'>): string {
  return JSON.stringify([application, alias, to]);
}
