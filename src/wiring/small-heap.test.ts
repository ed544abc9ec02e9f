import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';

test('V8 knows what it is asked for; of what it does not know it only complains', () => {
  const keep = `(await import(${JSON.stringify(new URL('small-heap.ts', import.meta.url).href)})).keepHeapSmall()`;
  const { status, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', keep], {
    ...{ encoding: 'utf8', env: {} },
  });
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
});
