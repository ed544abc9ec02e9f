import { updaterTotals } from './cycle-totals.ts';
import type { Problem } from './failure.ts';
import type { SeenItem } from './last-looks.ts';
import type { ItemReport } from './report.ts';
import { oneLine } from './untrusted-text.ts';
import { isUntyped, listAt, textAt, type Untyped } from './untyped.ts';

/** A condition as Kubernetes has it (metav1.Condition). */
interface Condition {
  readonly type: 'Ready' | 'Reconciling' | 'Error';
  readonly status: 'True' | 'False';
  readonly reason: string;
  readonly message: string;
  readonly observedGeneration: number;
  /** RFC 3339, as all times here. */
  readonly lastTransitionTime: string;
}

/** An image that was moved, in however many Applications (reference part 1, 1.3). */
export interface RecentUpdate {
  readonly alias: string;
  /** Without a tag. */
  readonly image: string;
  /** The digest if it has one, else the tag. */
  readonly newVersion: string;
  readonly applicationsUpdated: number;
  readonly updatedAt: string;
  readonly message: string;
}

export interface ImageUpdaterStatus {
  readonly observedGeneration: number;
  readonly lastCheckedAt: string;
  readonly lastUpdatedAt?: string;
  readonly applicationsMatched: number;
  readonly imagesManaged: number;
  /** Those of earlier looks as they were read. */
  readonly recentUpdates?: readonly (RecentUpdate | Untyped)[];
  readonly conditions: readonly Condition[];
}

/** What is known of the images of one ImageUpdater, in all of its Applications or in some. */
export interface UpdaterPart {
  readonly applications: number;
  /** Images that are used. */
  readonly considered: number;
  readonly failed: number;
  /** The first of those that fail, in words. */
  readonly failures: readonly string[];
  /** How many images the last look moved, and what was moved last. */
  readonly moved: number;
  readonly updates: readonly RecentUpdate[];
}

/** What is known of one ImageUpdater after a look. */
export interface UpdaterStanding {
  readonly generation: number;
  readonly part: UpdaterPart;
  /** What is wrong with the object itself. */
  readonly problems: readonly Problem[];
}

/** So long a status stands in which only the time of the last look would change. */
const CHECKED_EVERY_MS = 600_000;
const FAILURES_NAMED = 3;
const MOST_REASON = 300;
// An object's author may write any: the API server takes no message over 32 KiB, and no object over a megabyte.
const MOST_ALIAS = 300;
const MOST_MESSAGE = 2_000;
const MOST_UPDATES = 100;

/**
 * The status that an ImageUpdater shall have, with upstream's fields, reasons and messages; only Ready is false as soon
 * as an image fails, and Reconciling never true (reference part 1, 1.3 and 1.4).
 * @param before  the status as it stands, whoever wrote it
 * @param nowMs  milliseconds since 1970
 * @returns  undefined when it need not be written
 */
export function nextStatus(before: unknown, standing: UpdaterStanding, nowMs: number): ImageUpdaterStatus | undefined {
  const last = isUntyped(before) ? before : {};
  const status = statusOf(last, standing, nowMs);
  const checkedMs = Date.parse(textAt(last, 'lastCheckedAt') ?? '');
  const isRecent = nowMs - checkedMs < CHECKED_EVERY_MS;
  return isRecent && essenceOf(status) === essenceOf(last) ? undefined : status;
}

/** Whether a version was written, or merged, and not only proposed. */
export function isMoved({ outcome, pullRequest }: Pick<ItemReport, 'outcome' | 'pullRequest'>): boolean {
  return outcome === 'update' && (pullRequest === undefined || pullRequest.state === 'merged');
}

/**
 * @param items  each as it was last seen
 * @param moved  those among them that the look moved
 * @param nowMs  milliseconds since 1970
 */
export function updaterPart(items: readonly SeenItem[], moved: readonly ItemReport[], nowMs: number): UpdaterPart {
  const { applications, considered } = updaterTotals(items);
  const failed = items.filter(({ outcome }) => outcome === 'failed');
  return {
    ...{ applications, considered, failed: failed.length, moved: moved.length },
    failures: failed.slice(0, FAILURES_NAMED).map((item) => {
      return `${item.application} ${shownAlias(item)}: ${oneLine(item.reason, MOST_REASON)} (${item.rule})`;
    }),
    updates: updatesOf(moved, secondOf(nowMs)),
  };
}

/** Parts that have no Application in common, as one. */
export function joinParts(parts: readonly UpdaterPart[]): UpdaterPart {
  const sum = (count: (part: UpdaterPart) => number) => parts.reduce((total, part) => total + count(part), 0);
  const updates = parts.flatMap((part) => part.updates);
  return {
    applications: sum(({ applications }) => applications),
    considered: sum(({ considered }) => considered),
    failed: sum(({ failed }) => failed),
    failures: parts.flatMap(({ failures }) => failures).slice(0, FAILURES_NAMED),
    moved: sum(({ moved }) => moved),
    updates: updates.toSorted((a, b) => Date.parse(b.updatedAt) - Date.parse(a.updatedAt)).slice(0, MOST_UPDATES),
  };
}

function statusOf(last: Untyped, standing: UpdaterStanding, nowMs: number): ImageUpdaterStatus {
  const { generation, part } = standing;
  const now = secondOf(nowMs);
  return {
    observedGeneration: generation,
    lastCheckedAt: now,
    ...lastUpdates(last, part),
    applicationsMatched: part.applications,
    imagesManaged: part.considered,
    conditions: conditionsOf(standing).map((condition) => ({
      ...condition,
      observedGeneration: generation,
      lastTransitionTime: transitionOf(last, condition) ?? now,
    })),
  };
}

/** Kubernetes' times have no fractions. */
function secondOf(ms: number): string {
  return new Date(ms).toISOString().replace(/\.\d+Z$/, 'Z');
}

function lastUpdates(
  last: Untyped,
  { updates }: UpdaterPart,
): Pick<ImageUpdaterStatus, 'lastUpdatedAt' | 'recentUpdates'> {
  const [newest] = updates;
  if (newest) return { lastUpdatedAt: newest.updatedAt, recentUpdates: updates };
  const lastUpdatedAt = textAt(last, 'lastUpdatedAt');
  const recentUpdates = listAt(last, 'recentUpdates').filter(isUntyped);
  return lastUpdatedAt === undefined ? {} : { lastUpdatedAt, recentUpdates };
}

function updatesOf(moved: readonly ItemReport[], now: string): readonly RecentUpdate[] {
  const groups = [...Map.groupBy(moved, (item) => JSON.stringify([item.alias, versionText(item.to)])).values()];
  return groups.slice(0, MOST_UPDATES).flatMap((same): RecentUpdate[] => {
    const [first] = same;
    if (!first) return [];
    const { image, from, to } = first;
    const alias = shownAlias(first);
    const newVersion = versionText(to);
    const applicationsUpdated = new Set(same.map(({ application }) => application)).size;
    const message = `Updated from ${versionText(from)} to ${newVersion}.`;
    return [{ alias, image, newVersion, applicationsUpdated, updatedAt: now, message }];
  });
}

function shownAlias({ alias }: Pick<ItemReport, 'alias'>): string {
  return oneLine(alias, MOST_ALIAS);
}

/** As upstream's events and status show a version: by its digest if it has one, else by its tag. */
export function versionText(version: string | null): string {
  return version?.split('@').at(-1) ?? '';
}

type Finding = Pick<Condition, 'type' | 'status' | 'reason' | 'message'>;

const IDLE: Finding = {
  type: 'Reconciling',
  status: 'False',
  reason: 'Idle',
  message: 'Last check completed. Awaiting next cycle.',
};

function conditionsOf({ part, problems }: UpdaterStanding): readonly Finding[] {
  const { applications, moved, failed, failures } = part;
  const [wrong] = problems;
  if (wrong) {
    const said = oneLine(`${wrong.message}; ${wrong.fix}`, MOST_MESSAGE);
    const message = `Reconciliation failed: ${said}`;
    return [
      { type: 'Ready', status: 'False', reason: 'ReconcileFailed', message },
      IDLE,
      { type: 'Error', status: 'True', reason: 'ReconcileError', message: said },
    ];
  }
  if (failed === 0) {
    const message = `Reconciled ${applications} applications, ${moved} images updated.`;
    return [
      { type: 'Ready', status: 'True', reason: 'ReconcileSucceeded', message },
      IDLE,
      { type: 'Error', status: 'False', reason: 'NoErrors', message: 'No errors during last reconciliation.' },
    ];
  }
  const message = `Reconciled ${applications} applications with ${failed} errors, ${moved} images updated.`;
  const more = failed > failures.length ? `; and ${failed - failures.length} more` : '';
  const named = `${failed} error(s) occurred during image update checks. ${failures.join('; ')}${more}`;
  return [
    { type: 'Ready', status: 'False', reason: 'ReconcileCompletedWithErrors', message },
    IDLE,
    { type: 'Error', status: 'True', reason: 'PartialErrors', message: named },
  ];
}

/** When the condition came to be as it is; undefined when it only just did. */
function transitionOf(last: Untyped, { type, status }: Finding): string | undefined {
  const same = listAt(last, 'conditions')
    .filter(isUntyped)
    .find((condition) => textAt(condition, 'type') === type && textAt(condition, 'status') === status);
  return same && textAt(same, 'lastTransitionTime');
}

const ESSENTIAL = ['observedGeneration', 'lastUpdatedAt', 'applicationsMatched', 'imagesManaged'];

/** What is worth a write at once: not the time of the look, nor words that may differ each time. */
function essenceOf(status: Untyped | ImageUpdaterStatus): string {
  const known: Untyped = { ...status };
  const conditions = listAt(known, 'conditions').filter(isUntyped);
  return JSON.stringify([
    ESSENTIAL.map((key) => textAt(known, key) ?? null),
    conditions
      .map((one) => ['type', 'status', 'reason', 'observedGeneration'].map((key) => textAt(one, key) ?? ''))
      .sort(),
    conditions.flatMap((one) => (textAt(one, 'type') === 'Error' ? [firstSentence(textAt(one, 'message') ?? '')] : [])),
  ]);
}

/** That an image more fails is news; how the registry words it is not. */
function firstSentence(message: string): string {
  return /^\d+ error\(s\)/.exec(message)?.[0] ?? message;
}
