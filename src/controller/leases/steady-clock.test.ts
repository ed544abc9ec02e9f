import { expect, test } from 'vitest';
import { steadyClock } from './steady-clock.ts';

for (const [what, monotonicMs, wallMs, expected] of [
  ['time passes', 5_000, 5_000, 5_000],
  ['the machine was suspended', 1_000, 61_000, 61_000],
  ['somebody set the wall clock back', 5_000, -3_600_000, 5_000],
] as const) {
  test(`when ${what}, ${expected} ms are over`, () => {
    const times = { monotonicMs: 100, wallMs: 1_700_000_000_000 };
    const clock = steadyClock(
      () => times.monotonicMs,
      () => times.wallMs,
    );
    const beganMs = clock.now();
    times.monotonicMs += monotonicMs;
    times.wallMs += wallMs;
    expect(clock.now() - beganMs).toBe(expected);
    expect(clock.wallNow()).toBe(times.wallMs);
  });
}

test('a sleep ends when it is over, or when it is ended', async () => {
  const clock = steadyClock();
  const beganMs = clock.now();
  await clock.sleep(20, new AbortController().signal);
  expect(clock.now() - beganMs).toBeGreaterThanOrEqual(19);
  await expect(clock.sleep(60_000, AbortSignal.abort())).rejects.toThrow();
});
