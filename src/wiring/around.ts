import { setTimeout } from 'node:timers/promises';

/** Time and chance, as the rooms ask for them. */
export const around = {
  nowMs: () => Date.now(),
  random: Math.random,
  sleep: async (ms: number, signal: AbortSignal): Promise<void> => setTimeout(ms, undefined, { signal }),
};
