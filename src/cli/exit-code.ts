import type { CycleReport } from '../core/report.ts';

export const EXIT = { ok: 0, changes: 1, testFailed: 1, unhealthy: 1, superseded: 1, failed: 2, timedOut: 3 } as const;

/** Whether a cycle ends with `EXIT.failed`. */
export function hasFailed({ failures, items }: CycleReport): boolean {
  return failures.length > 0 || items.some((item) => item.outcome === 'failed');
}
