import { setImmediate as turn } from 'node:timers/promises';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { mapBounded } from './map-bounded.ts';

test('every item once, in order, and never more at a time', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.nat(3)), fc.integer({ min: 1, max: 5 }), async (items, most) => {
      let [running, highest] = [0, 0];
      const doubled = await mapBounded(items, most, async (item) => {
        running += 1;
        highest = Math.max(highest, running);
        for (let left = item; left > 0; left -= 1) await turn();
        running -= 1;
        return item * 2;
      });
      expect(doubled).toEqual(items.map((item) => item * 2));
      expect(highest).toBeLessThanOrEqual(most);
    }),
  );
});

test('what fails is told', async () => {
  const failing = mapBounded([1, 2], 1, () => Promise.reject(new Error('broken')));
  await expect(failing).rejects.toThrow('broken');
});
