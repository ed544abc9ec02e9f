import { vi } from 'vitest';

/** Looks again and again until what is expected holds, for as long as a slow machine may take. */
export function eventually(check: () => Promise<void> | void, intervalMs = 20): Promise<void> {
  return vi.waitFor(check, { timeout: 120_000, interval: intervalMs });
}
