import type { FailureCode } from './failure.ts';
import type { CycleReport, ItemReport } from './report.ts';
import type { UpdaterKey } from './tracked-image.ts';

/** What upstream counts of one ImageUpdater in one cycle. */
export interface UpdaterTotals {
  /** Undefined for the Applications that are configured by their own annotations. */
  readonly updater: UpdaterKey | undefined;
  /** Applications with an image. */
  readonly applications: number;
  /** Images that are used. */
  readonly considered: number;
  /** Images that nothing uses, and those that are held. */
  readonly skipped: number;
  readonly updated: number;
  readonly errors: number;
}

export interface CycleTotals {
  readonly updaters: readonly UpdaterTotals[];
  readonly images: Readonly<Record<ItemReport['outcome'], number>>;
  readonly failures: ReadonlyMap<FailureCode, number>;
}

export function cycleTotals({ items, failures }: Pick<CycleReport, 'items' | 'failures'>): CycleTotals {
  const byUpdater = Map.groupBy(items, ({ policy }) => JSON.stringify(policy?.updater ?? null));
  const count = (outcome: ItemReport['outcome']) => countOf(items, outcome);
  return {
    updaters: [...byUpdater.values()].map(updaterTotals),
    images: {
      update: count('update'),
      current: count('current'),
      held: count('held'),
      none: count('none'),
      failed: count('failed'),
    },
    failures: new Map([...Map.groupBy(failures, ({ code }) => code)].map(([code, ones]) => [code, ones.length])),
  };
}

/** The totals of all of them together. */
export function updaterTotals(items: readonly ItemReport[]): UpdaterTotals {
  const skipped = countOf(items, 'none') + countOf(items, 'held');
  return {
    updater: items[0]?.policy?.updater,
    applications: new Set(items.map(({ application }) => application)).size,
    considered: items.length - countOf(items, 'none'),
    skipped,
    updated: countOf(items, 'update'),
    errors: countOf(items, 'failed'),
  };
}

function countOf(items: readonly ItemReport[], outcome: ItemReport['outcome']): number {
  return items.filter((item) => item.outcome === outcome).length;
}
