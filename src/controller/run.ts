import type { ImageName } from '../core/reference.ts';
import type { CycleReport } from '../core/report.ts';
import type { AskedLooks } from './asked-looks.ts';

export interface FinishedCycle {
  readonly report: CycleReport;
  readonly tookMs: number;
}

/** @param fresh the repositories that registries are asked about anew; undefined for all of them */
export type Cycle = (signal: AbortSignal, fresh?: readonly ImageName[]) => Promise<CycleReport>;

/**
 * Cycles with a pause between them, in which `looks` are followed, until the signal aborts; then it returns as soon as
 * the cycle in flight has let go of the world. A single cycle that is cut short throws, since nobody can tell what it
 * would have said.
 */
export async function runEvery(
  { intervalMs, once }: { readonly intervalMs: number; readonly once: boolean },
  cycle: Cycle,
  finished: (cycle: FinishedCycle) => void,
  looks: AskedLooks,
  signal: AbortSignal,
): Promise<void> {
  const timed = async (fresh?: readonly ImageName[]) => {
    const began = performance.now();
    const report = await cycle(signal, fresh);
    finished({ report, tookMs: performance.now() - began });
  };
  try {
    do {
      await timed();
      const untilMs = performance.now() + intervalMs;
      while (!once) {
        const fresh = await looks.next(untilMs - performance.now(), signal);
        if (fresh.length === 0) break;
        await timed(fresh);
      }
    } while (!once);
  } catch (error) {
    if (once || !signal.aborted) throw error;
  }
}
