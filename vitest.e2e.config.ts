import { defineConfig } from 'vitest/config';

/** Tests against real programs: what `test/e2e/install.ts` brought judges the built program and the edits. */
export default defineConfig({
  test: {
    // Beside the tests of its own, those that skip what they lack when `npm test` runs on a bare machine.
    include: ['test/e2e/**/*.test.ts', 'src/writeback/**/*.test.ts', 'src/demo/registry.test.ts'],
    reporters: ['./test/reporter.ts'],
    pool: 'forks',
    fileParallelism: false,
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
});
