import { expect, test } from 'vitest';
import { SharedWork } from './shared-work.ts';

/** Work that ends when the test says so, and notes how often it was begun and stopped. */
function heldWork() {
  const seen = { begun: 0, stopped: 0 };
  let end: (result: string) => void = () => undefined;
  const shared = new SharedWork((signal) => {
    seen.begun += 1;
    return new Promise<string>((resolve, reject) => {
      end = resolve;
      signal.addEventListener('abort', () => {
        seen.stopped += 1;
        reject(new Error('stopped'));
      });
    });
  });
  return { shared, seen, end: (result: string) => end(result) };
}

const forEver = () => new AbortController().signal;

test('is done once for all, also for those who come when it is over', async () => {
  const { shared, seen, end } = heldWork();
  const early = [shared.join(forEver()), shared.join(forEver())];
  end('done');
  expect(await Promise.all([...early, shared.join(forEver())])).toEqual(['done', 'done', 'done']);
  expect(seen).toEqual({ begun: 1, stopped: 0 });
});

test('one who goes away leaves at once and does not disturb the others', async () => {
  const { shared, seen, end } = heldWork();
  const impatient = new AbortController();
  const [leaving, staying] = [shared.join(impatient.signal), shared.join(forEver())];
  impatient.abort();
  await expect(leaving).rejects.toMatchObject({ code: 'ABORTED' });
  end('done');
  expect(await staying).toBe('done');
  expect(seen).toEqual({ begun: 1, stopped: 0 });
});

test('it stops when the last one has gone, and begins anew for the next', async () => {
  const { shared, seen, end } = heldWork();
  const stops = [new AbortController(), new AbortController()];
  const leaving = stops.map((stop) => shared.join(stop.signal));
  for (const stop of stops) stop.abort();
  for (const one of leaving) await expect(one).rejects.toMatchObject({ code: 'ABORTED' });
  expect(seen).toEqual({ begun: 1, stopped: 1 });
  const next = shared.join(forEver());
  end('again');
  expect(await next).toBe('again');
});

test('who goes away after the end takes nothing with him', async () => {
  const { shared, seen, end } = heldWork();
  const stop = new AbortController();
  const result = shared.join(stop.signal);
  end('done');
  await result;
  stop.abort();
  expect(await shared.join(forEver())).toBe('done');
  expect(seen).toEqual({ begun: 1, stopped: 0 });
});

test('who has gone already is turned away', async () => {
  const { shared, seen } = heldWork();
  await expect(shared.join(AbortSignal.abort())).rejects.toMatchObject({ code: 'ABORTED' });
  expect(seen.begun).toBe(0);
});

test('a failure is told to all', async () => {
  const shared = new SharedWork(() => Promise.reject(new Error('broken')));
  const results = await Promise.allSettled([shared.join(forEver()), shared.join(forEver())]);
  expect(results.map((result) => result.status === 'rejected' && result.reason.message)).toEqual(['broken', 'broken']);
});
