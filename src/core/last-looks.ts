import type { ItemReport } from './report.ts';

/** What is kept of an item, so that ten thousand of them are little; the reason only of one that failed. */
export type SeenItem = Pick<
  ItemReport,
  'application' | 'alias' | 'from' | 'to' | 'outcome' | 'rule' | 'reason' | 'policy' | 'pullRequest'
>;

/** Which Applications a report is about. */
export interface LookedAt {
  /** By "namespace/name", those without an item too. */
  readonly keys: readonly string[];
  /** Whether there still is an Application of this key. */
  readonly isThere: (key: string) => boolean;
}

/** Every Application as it was seen last, whichever look that was. */
export interface LastLooks {
  /** @param lookedAt undefined when the report is about all that there are */
  seen(items: readonly ItemReport[], lookedAt: LookedAt | undefined): void;
  items(): readonly SeenItem[];
  /** Of one Application, by its "namespace/name"; undefined for one that was not looked at yet. */
  itemsOf(key: string): readonly SeenItem[] | undefined;
}

export function lastLooks(): LastLooks {
  const byApplication = new Map<string, readonly SeenItem[]>();
  return {
    seen(items, lookedAt) {
      if (lookedAt === undefined) byApplication.clear();
      for (const key of lookedAt?.keys ?? []) byApplication.set(key, NOTHING);
      for (const [key, ones] of Map.groupBy(items, ({ application }) => application)) {
        byApplication.set(key, ones.map(seenItem));
      }
      if (lookedAt === undefined) return;
      for (const key of byApplication.keys()) if (!lookedAt.isThere(key)) byApplication.delete(key);
    },
    items: () => [...byApplication.values()].flat(),
    itemsOf: (key) => byApplication.get(key),
  };
}

const NOTHING: readonly SeenItem[] = [];

function seenItem({ application, alias, from, to, outcome, rule, reason, policy, pullRequest }: ItemReport): SeenItem {
  return {
    ...{ application, alias, from, to, outcome, rule, reason: outcome === 'failed' ? reason : '' },
    ...(policy ? { policy: policy.passedOver.length === 0 ? policy : { ...policy, passedOver: [] } } : {}),
    ...(pullRequest ? { pullRequest } : {}),
  };
}
