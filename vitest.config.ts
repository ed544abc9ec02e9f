import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['src/**/*.test.ts', 'test/*.test.ts'],
    reporters: ['./test/reporter.ts'],
    pool: 'threads',
    testTimeout: 30_000,
  },
});
