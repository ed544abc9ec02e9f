import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { openQueue } from './queue.ts';

const BACK_OFF = { firstMs: 1_000, longestMs: 8_000 };
const NONE = new Set<string>();
const MANY = 1_000;

describe('a queue of keys', () => {
  test('hands out a key once, however often it was asked for', () => {
    const queue = openQueue(BACK_OFF);
    for (const atMs of [5, 3, 9]) queue.add('a', atMs);
    expect(queue.nextMs()).toBe(3);
    expect(queue.take(2, MANY)).toEqual([]);
    expect(queue.take(3, MANY)).toEqual(['a']);
    expect(queue.take(10, MANY)).toEqual([]);
  });

  test('looks again at what is asked for while it is being looked at', () => {
    const queue = openQueue(BACK_OFF);
    queue.add('a', 0);
    const keys = queue.take(0, MANY);
    queue.add('a', 1);
    expect([queue.take(1, MANY), queue.nextMs()]).toEqual([[], undefined]);
    queue.done(keys, NONE, 2, 0.5);
    expect(queue.take(2, MANY)).toEqual(['a']);
  });

  test('hands out what waits longest first, and no more than was asked for', () => {
    const queue = openQueue(BACK_OFF);
    for (const [key, atMs] of [
      ['late', 30],
      ['first', 10],
      ['second', 20],
    ] as const) {
      queue.add(key, atMs);
    }
    expect(queue.state(40)).toEqual({ depth: 3, oldestMs: 30 });
    expect(queue.take(40, 2)).toEqual(['first', 'second']);
    expect(queue.state(40)).toEqual({ depth: 1, oldestMs: 10 });
  });

  test('lets a key that fails rest longer each time, up to a limit, and forgets that once it is well', () => {
    const queue = openQueue(BACK_OFF);
    queue.add('a', 0);
    const pauses: number[] = [];
    let nowMs = 0;
    for (let times = 0; times < 5; times += 1) {
      const keys = queue.take(nowMs, MANY);
      queue.done(keys, new Set(keys), nowMs, 0.5);
      const nextMs = queue.nextMs() ?? Number.NaN;
      pauses.push(nextMs - nowMs);
      nowMs = nextMs;
    }
    expect(pauses).toEqual([1_000, 2_000, 4_000, 8_000, 8_000]);
    expect(queue.failing()).toEqual(['a']);
    queue.done(queue.take(nowMs, MANY), NONE, nowMs, 0.5);
    expect([queue.failing(), queue.nextMs()]).toEqual([[], undefined]);
  });

  test('looks at a key that rests as soon as somebody asks for it', () => {
    const queue = openQueue(BACK_OFF);
    queue.add('a', 0);
    const keys = queue.take(0, MANY);
    queue.done(keys, new Set(keys), 0, 0);
    queue.add('a', 5);
    expect(queue.take(5, MANY)).toEqual(['a']);
  });

  test('whatever happens, no key is in two hands and none is lost', () => {
    const step = fc.oneof(
      fc.record({ kind: fc.constant('add' as const), key: fc.constantFrom('a', 'b', 'c'), delay: fc.nat(20) }),
      fc.record({ kind: fc.constant('take' as const), most: fc.integer({ min: 1, max: 3 }) }),
      fc.record({ kind: fc.constant('done' as const), fails: fc.boolean() }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const queue = openQueue(BACK_OFF);
        const hands: string[][] = [];
        /** Asked for since it was last handed out. */
        const owed = new Set<string>();
        let nowMs = 0;
        const take = (most: number) => {
          const keys = [...queue.take(nowMs, most)];
          expect(hands.flat().filter((key) => keys.includes(key))).toEqual([]);
          for (const key of keys) owed.delete(key);
          if (keys.length > 0) hands.push(keys);
        };
        const done = (fails: boolean) => {
          const keys = hands.shift() ?? [];
          queue.done(keys, new Set(fails ? keys : []), nowMs, 0.5);
          for (const key of fails ? keys : []) owed.add(key);
        };
        for (const one of steps) {
          nowMs += 1;
          if (one.kind === 'add') {
            queue.add(one.key, nowMs + one.delay);
            owed.add(one.key);
          } else if (one.kind === 'take') take(one.most);
          else done(one.fails);
        }
        while (hands.length > 0) done(false);
        nowMs += 100_000;
        take(MANY);
        expect([...owed]).toEqual([]);
      }),
    );
  });
});
