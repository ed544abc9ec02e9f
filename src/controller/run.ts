import { setTimeout as sleep } from 'node:timers/promises';
import type { CycleReport } from '../core/report.ts';

export interface FinishedCycle {
  readonly report: CycleReport;
  readonly tookMs: number;
}

/**
 * Cycles with a pause between them, until the signal aborts; then it returns as soon as the cycle in flight has let go
 * of the world. A single cycle that is cut short throws, since nobody can tell what it would have said.
 */
export async function runEvery(
  { intervalMs, once }: { readonly intervalMs: number; readonly once: boolean },
  cycle: (signal: AbortSignal) => Promise<CycleReport>,
  finished: (cycle: FinishedCycle) => void,
  signal: AbortSignal,
): Promise<void> {
  try {
    do {
      const began = performance.now();
      const report = await cycle(signal);
      finished({ report, tookMs: performance.now() - began });
      if (!once) await sleep(intervalMs, undefined, { signal });
    } while (!once);
  } catch (error) {
    if (once || !signal.aborted) throw error;
  }
}
