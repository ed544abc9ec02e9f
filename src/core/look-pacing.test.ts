import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type LookLimits, paceLooks } from './look-pacing.ts';

const LIMITS: LookLimits = { pauseMs: 10_000, perKind: { burst: 100, everyMs: 200 } };

describe('one repository', () => {
  test('is looked at once, and again ten seconds later for all who asked meanwhile', () => {
    const pacing = paceLooks(LIMITS);
    expect(pacing.ask('web', 'harbor', 0)).toEqual({ kind: 'now' });
    expect(pacing.ask('web', 'harbor', 1)).toEqual({ kind: 'later', atMs: 10_000 });
    expect(pacing.ask('web', 'quay.io', 2)).toEqual({ kind: 'joined' });
    expect(pacing.nextMs()).toBe(10_000);
    expect(pacing.due(9_999)).toEqual([]);
    expect(pacing.due(10_000)).toEqual(['web']);
    expect(pacing.nextMs()).toBeUndefined();
    expect(pacing.ask('web', 'harbor', 10_001)).toEqual({ kind: 'later', atMs: 20_000 });
  });

  test('that nobody asked for in a while is looked at at once', () => {
    const pacing = paceLooks(LIMITS);
    pacing.ask('web', 'harbor', 0);
    expect(pacing.ask('web', 'harbor', 10_000)).toEqual({ kind: 'now' });
  });
});

test('a kind beyond its budget waits, and leaves the others theirs', () => {
  const pacing = paceLooks({ pauseMs: 10_000, perKind: { burst: 2, everyMs: 1_000 } });
  const asked = ['a', 'b', 'c', 'd'].map((repository) => pacing.ask(repository, 'generic', 0));
  expect(asked).toEqual([
    { kind: 'now' },
    { kind: 'now' },
    { kind: 'later', atMs: 1_000 },
    { kind: 'later', atMs: 2_000 },
  ]);
  expect(pacing.ask('e', 'harbor', 0)).toEqual({ kind: 'now' });
});

test("upstream's limit for each hour spaces all looks evenly", () => {
  const pacing = paceLooks({ ...LIMITS, total: { burst: 1, everyMs: 3_600_000 / 60 } });
  expect(pacing.ask('a', 'harbor', 0)).toEqual({ kind: 'now' });
  expect(pacing.ask('b', 'quay.io', 0)).toEqual({ kind: 'later', atMs: 60_000 });
  expect(pacing.ask('c', 'harbor', 0)).toEqual({ kind: 'later', atMs: 120_000 });
});

test('whatever is asked: nobody is forgotten, and nobody is looked at twice in ten seconds', () => {
  const request = fc.record({ repository: fc.constantFrom('a', 'b', 'c'), afterMs: fc.nat(4_000) });
  fc.assert(
    fc.property(fc.array(request, { maxLength: 60 }), (requests) => {
      const pacing = paceLooks({ pauseMs: 10_000, perKind: { burst: 2, everyMs: 700 } });
      const looks = new Map<string, number[]>();
      const asked = new Map<string, number>();
      const note = (repository: string, atMs: number) =>
        looks.set(repository, [...(looks.get(repository) ?? []), atMs]);
      let nowMs = 0;
      const drain = (untilMs: number) => {
        for (let next = pacing.nextMs(); next !== undefined && next <= untilMs; next = pacing.nextMs()) {
          for (const repository of pacing.due(next)) note(repository, next);
        }
      };
      for (const { repository, afterMs } of requests) {
        nowMs += afterMs;
        drain(nowMs);
        asked.set(repository, nowMs);
        if (pacing.ask(repository, 'generic', nowMs).kind === 'now') note(repository, nowMs);
      }
      drain(Number.POSITIVE_INFINITY);
      for (const [repository, atMs] of asked)
        expect(Math.max(...(looks.get(repository) ?? []))).toBeGreaterThanOrEqual(atMs);
      for (const times of looks.values()) {
        for (const [index, atMs] of times.slice(1).entries())
          expect(atMs - (times[index] ?? 0)).toBeGreaterThanOrEqual(10_000);
      }
    }),
  );
});
