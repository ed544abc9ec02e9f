import { hash } from 'node:crypto';

/** A moment within the period, always the same for one name, and evenly spread over many. */
function phaseMs(name: string, periodMs: number): number {
  return (Number.parseInt(hash('sha256', name).slice(0, 8), 16) / 2 ** 32) * periodMs;
}

/**
 * Whether it is a tag's turn to be asked for again: its own moment in the period has come since it was last checked.
 * So every tag is asked for once in a period, and in each cycle only the few whose moment has just passed, also when
 * all of them were read at once in the beginning, and whichever process asks.
 * @param name  tells tags of different repositories apart
 */
export function isDue(name: string, checkedMs: number, nowMs: number, periodMs: number): boolean {
  if (periodMs <= 0 || nowMs < checkedMs) return true;
  const phase = phaseMs(name, periodMs);
  return Math.floor((nowMs - phase) / periodMs) > Math.floor((checkedMs - phase) / periodMs);
}
