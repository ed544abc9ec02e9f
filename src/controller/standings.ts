import { isMoved } from '../core/image-updater-status.ts';
import { type LastLooks, type LookedAt, lastLooks, type SeenItem } from '../core/last-looks.ts';
import type { ItemReport } from '../core/report.ts';

/** What the last look at each Application found, and what of it the cluster has not been told. */
export interface Standings extends Pick<LastLooks, 'itemsOf'> {
  /** Applications with images that are at odds over one place. */
  rivals(): ReadonlySet<string>;
  /**
   * Takes what a look found in the place of what was known.
   * @returns  what is worth telling: every move, and what is proposed, held or failing since this look
   */
  update(items: readonly ItemReport[], lookedAt: LookedAt): readonly ItemReport[];
}

export function openStandings(): Standings {
  const looks = lastLooks();
  return {
    itemsOf: looks.itemsOf,
    rivals: () => new Set(looks.items().flatMap((item) => (isAtOdds(item) ? [item.application] : []))),
    update(items, lookedAt) {
      const told = new Set(lookedAt.keys.flatMap((key) => looks.itemsOf(key)?.filter(isNews).map(tidings) ?? []));
      looks.seen(items, lookedAt);
      return items.filter((item) => isNews(item) && (isMoved(item) || !told.has(tidings(item))));
    },
  };
}

function isAtOdds({ rule }: SeenItem): boolean {
  return rule === 'TARGET_CONFLICT';
}

function isNews({ outcome }: SeenItem): boolean {
  return outcome === 'update' || outcome === 'held' || outcome === 'failed';
}

/** What makes two items the same news, however they are worded. */
function tidings({ application, alias, outcome, rule, from, to, pullRequest }: SeenItem): string {
  return JSON.stringify([application, alias, outcome, rule, from, to, pullRequest?.url, pullRequest?.state]);
}
