import type { Problem } from './failure.ts';
import type { SeenItem } from './last-looks.ts';
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
  /** Of all images as they were seen last. */
  readonly updaters: readonly UpdaterTotals[];
  readonly images: Readonly<Record<ItemReport['outcome'], number>>;
  /** Of this report alone. */
  readonly news: readonly UpdaterTotals[];
  /**
   * By code: images that failed when they were seen last. A look at others does not mend them, so only what fails without
   * an image is taken from the report alone.
   */
  readonly failures: ReadonlyMap<string, number>;
}

/** @param items  all images as they were seen last; those of the report, when it is about all */
export function cycleTotals(items: readonly SeenItem[], report: Pick<CycleReport, 'items' | 'failures'>): CycleTotals {
  const count = (outcome: ItemReport['outcome']) => countOf(items, outcome);
  return {
    updaters: totalsOf(items),
    news: totalsOf(report.items),
    images: {
      update: count('update'),
      current: count('current'),
      held: count('held'),
      none: count('none'),
      failed: count('failed'),
    },
    failures: failuresByCode(items, report.failures),
  };
}

function failuresByCode(items: readonly SeenItem[], failures: readonly Problem[]): ReadonlyMap<string, number> {
  const ofImages = Map.groupBy(
    items.filter(({ outcome }) => outcome === 'failed'),
    ({ rule }) => rule,
  );
  const all = new Map<string, readonly unknown[]>([...Map.groupBy(failures, ({ code }) => code), ...ofImages]);
  return new Map([...all].map(([code, ones]) => [code, ones.length]));
}

function totalsOf(items: readonly SeenItem[]): readonly UpdaterTotals[] {
  const byUpdater = Map.groupBy(items, ({ policy }) => JSON.stringify(policy?.updater ?? null));
  return [...byUpdater.values()].map(updaterTotals);
}

/** The totals of all of them together. */
export function updaterTotals(items: readonly SeenItem[]): UpdaterTotals {
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

function countOf(items: readonly SeenItem[], outcome: ItemReport['outcome']): number {
  return items.filter((item) => item.outcome === outcome).length;
}
