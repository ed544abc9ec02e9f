import { expect, test } from 'vitest';
import { report } from '../../test/support/sample-report.ts';
import { formatImageName, type ImageName } from '../core/reference.ts';
import type { TagSource } from '../ports/tag-source.ts';
import { askedLooks } from './asked-looks.ts';
import { keepScans } from './kept-scans.ts';
import { runEvery } from './run.ts';

const web: ImageName = { registry: 'ghcr.io', repository: 'acme/web' };
const shop: ImageName = { registry: 'ghcr.io', repository: 'acme/shop' };

/** Runs until `enough` cycles were made; what each looked at, "all" or names. */
async function cyclesOf(
  intervalMs: number,
  enough: number,
  during: (looks: ReturnType<typeof askedLooks>, count: number) => void,
) {
  const end = new AbortController();
  const looks = askedLooks();
  const made: string[] = [];
  const cycle = async (_signal: AbortSignal, fresh?: readonly ImageName[]) => {
    made.push(fresh?.map(formatImageName).join() ?? 'all');
    during(looks, made.length);
    if (made.length === enough) end.abort();
    return report();
  };
  await runEvery({ intervalMs, once: false }, cycle, () => {}, looks, end.signal);
  return made;
}

test('a look is followed at once, in the middle of a long interval', async () => {
  const made = await cyclesOf(3_600_000, 3, (looks, count) => {
    setTimeout(() => looks.ask(count === 1 ? web : shop), 5);
  });
  expect(made).toEqual(['all', 'ghcr.io/acme/web', 'ghcr.io/acme/shop']);
});

test('looks that were asked for in a cycle follow it together, each once', async () => {
  const made = await cyclesOf(3_600_000, 2, (looks) => {
    for (const image of [web, shop, web]) looks.ask(image);
  });
  expect(made).toEqual(['all', 'ghcr.io/acme/web,ghcr.io/acme/shop']);
});

test('without looks a cycle follows the other after the interval', async () => {
  expect(await cyclesOf(1, 3, () => {})).toEqual(['all', 'all', 'all']);
});

test('a single cycle follows no looks', async () => {
  const looks = askedLooks();
  let count = 0;
  const cycle = async () => {
    count += 1;
    looks.ask(web);
    return report();
  };
  await runEvery({ intervalMs: 0, once: true }, cycle, () => {}, looks, new AbortController().signal);
  expect(count).toBe(1);
});

test('a look asks about its repository anew, and about the others what was answered last', async () => {
  const asked: string[] = [];
  let opened = 0;
  const open = (): TagSource => {
    const scan = ++opened;
    const note = (image: ImageName) => asked.push(`${scan} ${image.repository}`);
    return {
      list: async (image) => {
        note(image);
        return { tags: [] };
      },
      tagOrder: () => undefined,
      describe: () => Promise.reject(new Error('not asked')),
      labels: async () => undefined,
      remarks: async () => ({
        firstSeen: { firstScanMs: 0, later: new Map(), digests: new Map() },
        nowMs: 0,
        remarks: [],
      }),
    };
  };
  const scans = keepScans(open);
  const { signal } = new AbortController();
  const askBoth = async (source: TagSource) => {
    for (const image of [web, shop]) await source.list(image, signal);
  };
  await askBoth(scans.whole());
  await askBoth(scans.partly([web]));
  await askBoth(scans.partly([shop]));
  await askBoth(scans.whole());
  const [whole, first, second, next] = [1, 2, 3, 4];
  expect(asked).toEqual([
    ...[`${whole} acme/web`, `${whole} acme/shop`],
    ...[`${first} acme/web`, `${whole} acme/shop`],
    ...[`${first} acme/web`, `${second} acme/shop`],
    ...[`${next} acme/web`, `${next} acme/shop`],
  ]);
});
