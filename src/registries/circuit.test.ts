import { describe, expect, test } from 'vitest';
import { fakeTime, testRegistries } from '../../test/support/registries.ts';
import { Failure, type FailureCode } from '../core/failure.ts';
import { startRegistry } from '../demo/registry.ts';
import { Circuit } from './circuit.ts';

const SIGNAL = new AbortController().signal;
const SECOND_MS = 1_000;

/** A circuit, its clock, and a registry that is up or down. */
function openLab() {
  const lab = { nowMs: Date.parse('2026-01-01T00:00:00Z'), asked: 0 };
  const circuit = new Circuit('registry.example', () => lab.nowMs);
  return Object.assign(lab, {
    circuit,
    /** What a request comes to: "up", or a failure's code with its message. */
    async ask(outcome: 'up' | FailureCode): Promise<string> {
      const work = async () => {
        lab.asked += 1;
        if (outcome !== 'up') throw new Failure(outcome, `it said ${outcome}`, { fix: 'wait' });
        return 'up';
      };
      return await circuit.pass(work, () => undefined).catch((error: unknown) => String(error));
    },
    async askOften(times: number, outcome: 'up' | FailureCode): Promise<void> {
      for (let time = 0; time < times; time += 1) await this.ask(outcome);
    },
  });
}

describe('a circuit', () => {
  test('opens after twenty failures in a row and says until when', async () => {
    const lab = openLab();
    await lab.askOften(20, 'REGISTRY_TIMEOUT');
    const refused = lab.circuit.pass(
      async () => 'up',
      () => undefined,
    );
    await expect(refused).rejects.toMatchObject({
      code: 'REGISTRY_TIMEOUT',
      message:
        'registry.example failed again and again and is left alone until 2026-01-01T00:00:30Z; ' +
        'the last time: it said REGISTRY_TIMEOUT',
      retry: { kind: 'after', ms: 30_000 },
    });
    expect(lab.asked).toBe(20);
  });

  for (const outcome of ['up', 'REGISTRY_UNAUTHORIZED', 'REGISTRY_RATE_LIMITED', 'REGISTRY_INVALID_ANSWER'] as const) {
    test(`begins to count anew after ${outcome}: whoever answers is not down`, async () => {
      const lab = openLab();
      for (let round = 0; round < 5; round += 1) {
        await lab.askOften(19, 'REGISTRY_UNREACHABLE');
        await lab.ask(outcome);
      }
      expect(lab.asked).toBe(100);
    });
  }

  test('learns nothing from those who went away', async () => {
    const lab = openLab();
    for (let round = 0; round < 20; round += 1) {
      await lab.ask('REGISTRY_UNREACHABLE');
      await lab.ask('ABORTED');
    }
    expect(await lab.ask('up')).toContain('left alone');
  });

  test('lets one request try when the time is over, and closes when it is answered', async () => {
    const lab = openLab();
    await lab.askOften(20, 'REGISTRY_UNREACHABLE');
    lab.nowMs += 30 * SECOND_MS;
    expect([await lab.ask('up'), await lab.ask('up')]).toEqual(['up', 'up']);
    await lab.askOften(19, 'REGISTRY_UNREACHABLE');
    expect(await lab.ask('up')).toBe('up');
  });

  test('waits twice as long after each try that fails, up to ten minutes', async () => {
    const lab = openLab();
    await lab.askOften(20, 'REGISTRY_UNREACHABLE');
    for (const seconds of [30, 60, 120, 240, 480, 600, 600]) {
      lab.nowMs += seconds * SECOND_MS - 1;
      expect(await lab.ask('up')).toContain('left alone');
      lab.nowMs += 1;
      expect(await lab.ask('REGISTRY_UNREACHABLE')).toBe('Failure: it said REGISTRY_UNREACHABLE');
    }
  });

  test('lets those who come during the try wait for what it finds', async () => {
    for (const isBack of [true, false]) {
      const lab = openLab();
      await lab.askOften(20, 'REGISTRY_UNREACHABLE');
      lab.nowMs += 30 * SECOND_MS;
      const answer = Promise.withResolvers<string>();
      const trial = lab.circuit.pass(
        () => answer.promise,
        () => undefined,
      );
      const waiting = [lab.ask('up'), lab.ask('up')];
      if (isBack) answer.resolve('up');
      else answer.reject(new Failure('REGISTRY_UNREACHABLE', 'still down', { fix: 'wait' }));
      await trial.catch(() => undefined);
      const results = await Promise.all(waiting);
      expect(results.every((result) => (isBack ? result === 'up' : result.includes('left alone')))).toBe(true);
    }
  });

  test('lets the next one try when the try was stopped', async () => {
    const lab = openLab();
    await lab.askOften(20, 'REGISTRY_UNREACHABLE');
    lab.nowMs += 30 * SECOND_MS;
    await lab.ask('ABORTED');
    expect(await lab.ask('up')).toBe('up');
  });
});

test('a registry that is down is asked by a few of a thousand repositories, and by one when the time is over', async () => {
  const time = fakeTime();
  let isDown = true;
  await using registry = await startRegistry({
    intercept: ({ path }) => (isDown && path.includes('/tags/list') ? { status: 503 } : undefined),
  });
  await using registries = testRegistries({ ...time, limits: { concurrency: 4 } });
  const names = Array.from({ length: 1_000 }, (_, number) => `acme/app${number}`);
  registry.putImage('acme/app0', '1.0', { created: '' });
  const listAll = (some: readonly string[]) => {
    const scan = registries.scan();
    return Promise.allSettled(some.map((repository) => scan.listTags({ registry: registry.host, repository }, SIGNAL)));
  };
  for (let cycle = 0; cycle < 2; cycle += 1) {
    const results = await listAll(names);
    expect(results.every((one) => one.status === 'rejected' && one.reason.code === 'REGISTRY_SERVER_ERROR')).toBe(true);
  }
  // Twenty, and those that were on their way beside them.
  expect(registry.requests.length).toBeLessThan(30);
  isDown = false;
  await time.sleep(30 * SECOND_MS);
  expect((await listAll(['acme/app0']))[0]).toEqual({ status: 'fulfilled', value: ['1.0'] });
});
