import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['src/**/*.test.ts', 'test/*.test.ts'],
    reporters: ['./test/reporter.ts'],
    // Starting a program costs as much as there is memory to be copied: small processes start many.
    pool: 'forks',
    // No test leaves anything in a module: sharing them between files saves a third of the time.
    isolate: false,
    // Most of the time goes to programs that tests have started: who waits for one leaves its core to others.
    maxWorkers: Math.ceil(availableParallelism() * 1.5),
    maxConcurrency: 3,
    // For what hangs: how fast a machine is must not decide what is right.
    testTimeout: 300_000,
    hookTimeout: 300_000,
    expect: { poll: { timeout: 60_000 } },
  },
});
