import { isMoved } from '../core/image-updater-status.ts';
import type { ItemReport } from '../core/report.ts';

/** What the last look at each Application found. */
export interface Standings {
  /** Of an Application, by its "namespace/name"; undefined for one that was not looked at yet. */
  itemsOf(key: string): readonly ItemReport[] | undefined;
  /** Applications with images that are at odds over one place. */
  rivals(): ReadonlySet<string>;
  /**
   * Takes what a look found in the place of what was known.
   * @returns  what is worth telling: every move, and what is proposed, held or failing since this look
   */
  update(keys: Iterable<string>, items: readonly ItemReport[]): readonly ItemReport[];
  /** Forgets Applications that are gone. */
  keep(isThere: (key: string) => boolean): void;
}

export function openStandings(): Standings {
  const standing = new Map<string, readonly ItemReport[]>();
  return {
    itemsOf: (key) => standing.get(key),
    rivals: () => new Set([...standing].flatMap(([key, items]) => (items.some(isAtOdds) ? [key] : []))),
    update(keys, items) {
      const found = Map.groupBy(items, ({ application }) => application);
      const news: ItemReport[] = [];
      for (const key of keys) {
        // Verdicts of thousands of tags, which nobody asks for later.
        const now = (found.get(key) ?? []).map((item) => ({ ...item, candidates: [] }));
        const told = new Set(standing.get(key)?.map(tidings));
        news.push(...now.filter((item) => isNews(item) && (isMoved(item) || !told.has(tidings(item)))));
        standing.set(key, now);
      }
      return news;
    },
    keep(isThere) {
      for (const key of standing.keys().filter((one) => !isThere(one))) standing.delete(key);
    },
  };
}

function isAtOdds({ rule }: ItemReport): boolean {
  return rule === 'TARGET_CONFLICT';
}

function isNews({ outcome }: ItemReport): boolean {
  return outcome === 'update' || outcome === 'held' || outcome === 'failed';
}

/** What makes two items the same news, however they are worded. */
function tidings({ alias, outcome, rule, from, to, pullRequest }: ItemReport): string {
  return JSON.stringify([alias, outcome, rule, from, to, pullRequest?.url, pullRequest?.state]);
}
