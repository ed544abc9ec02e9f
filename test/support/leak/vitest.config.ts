import { join } from 'node:path';
import { defineConfig } from 'vitest/config';

/** A test run that prints a planted secret, if it is told to: for test/canary.test.ts. */
export default defineConfig({
  test: {
    root: import.meta.dirname,
    include: ['leak.ts'],
    reporters: [join(import.meta.dirname, '../../reporter.ts')],
    pool: process.env['LEAK_POOL'] === 'forks' ? 'forks' : 'threads',
  },
});
