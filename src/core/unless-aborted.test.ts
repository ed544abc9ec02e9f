import { expect, test } from 'vitest';
import { unlessAborted } from './unless-aborted.ts';

const reason = () => new Error('stopped');

test('what the work comes to, be it a failure', async () => {
  const { signal } = new AbortController();
  expect(await unlessAborted(Promise.resolve(1), signal, reason)).toBe(1);
  await expect(unlessAborted(Promise.reject(new Error('broken')), signal, reason)).rejects.toThrow('broken');
});

test('nobody waits on when it is stopped, nor begins to once it was', async () => {
  const stop = new AbortController();
  const never = new Promise<never>(() => {});
  const waiting = unlessAborted(never, stop.signal, reason);
  stop.abort();
  await expect(waiting).rejects.toThrow('stopped');
  await expect(unlessAborted(Promise.resolve(1), stop.signal, reason)).rejects.toThrow('stopped');
});
