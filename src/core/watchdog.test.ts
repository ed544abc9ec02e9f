import { expect, test } from 'vitest';
import { watchdog } from './watchdog.ts';

test('who is silent for longer than it may be is stuck, until it gives a sign or ends', () => {
  const dog = watchdog();
  const worker = { name: 'worker 1', patienceMs: 1_000 };
  const patient = { name: 'worker 2', patienceMs: 10_000 };
  expect(dog.stuck(1_000_000)).toEqual([]);
  dog.alive(worker, 0);
  dog.alive(patient, 0);
  expect(dog.stuck(1_000)).toEqual([]);
  expect(dog.stuck(1_001)).toEqual([{ name: 'worker 1', silentMs: 1_001 }]);
  dog.alive(worker, 1_001);
  expect(dog.stuck(2_000)).toEqual([]);
  expect(dog.stuck(20_000)).toHaveLength(2);
  dog.ended(worker);
  dog.ended(patient);
  expect(dog.stuck(20_000)).toEqual([]);
});
