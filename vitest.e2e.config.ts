import { defineConfig } from 'vitest/config';

/** Tests against real programs: what `test/e2e/install.ts` brought judges the built program and the edits. */
export default defineConfig({
  test: {
    // Beside the tests of its own, those that skip what they lack when `npm test` runs on a bare machine.
    include: ['test/e2e/**/*.test.ts', 'src/writeback/**/*.test.ts', 'src/demo/registry.test.ts'],
    reporters: ['./test/reporter.ts'],
    pool: 'forks',
    fileParallelism: false,
    // For what hangs: how fast a machine is must not decide what is right.
    testTimeout: 300_000,
    hookTimeout: 300_000,
    expect: { poll: { timeout: 60_000 } },
  },
});
