import { expect, test } from 'vitest';
import { failingPushes } from '../support/failing-pushes.ts';

const onLinux = process.platform === 'linux';

test.skipIf(!onLinux)(
  `300 failing pushes leave no process, file or lock${onLinux ? '' : ' (looks at /proc)'}`,
  async () => {
    const { outcomes, processes, files, handles } = await failingPushes(300);
    expect(Object.values(outcomes).reduce((sum, count) => sum + count, 0)).toBe(300);
    for (const code of ['GIT_PUSH_REFUSED', 'GIT_TIMEOUT', 'ABORTED']) expect(outcomes[code]).toBeGreaterThan(10);
    expect(processes).toEqual([]);
    expect(files).toEqual([]);
    expect(handles).toBeLessThanOrEqual(0);
  },
  300_000,
);
