import { describe, expect, test } from 'vitest';
import { policyOf } from '../../test/policy.ts';
import { testRegistries } from '../../test/support/registries.ts';
import { decide } from '../core/deciding/decide.ts';
import type { Policy } from '../core/deciding/policy.ts';
import { type RegistryOptions, startRegistry } from '../demo/registry.ts';
import type { TagSource } from '../ports/tag-source.ts';
import { openMemoryStore } from '../store/open-store.ts';
import { allOrStop } from './all-or-stop.ts';
import { scanImage } from './scanning.ts';

const SIGNAL = new AbortController().signal;
const START_MS = Date.parse('2026-01-01T00:00:00Z');
const REPOSITORY = 'acme/shop';

/** newest-build over the tags that a regular expression allows. */
const policyFor = (allowed = '.') => policyOf({ strategy: 'newest-build', allowTags: `regexp:${allowed}` });

/** A registry with tags 0, 1, 2, ... each a minute younger than the one before, looked at by one process after another. */
async function openLab(tags: number, options: RegistryOptions = {}) {
  await using stack = new AsyncDisposableStack();
  const registry = stack.use(await startRegistry({ etags: true, ...options }));
  const memory = stack.use(openMemoryStore());
  const owned = stack.move();
  const image = { registry: registry.host, repository: REPOSITORY };
  function put(tag: string, minute: number) {
    registry.putImage(REPOSITORY, tag, { created: new Date(START_MS - 86_400_000 + minute * 60_000) });
  }
  for (let number = 0; number < tags; number += 1) put(String(number), number);
  return {
    registry,
    put,
    scanBy: (source: TagSource, policy: Policy) => scanImage(source, { image, policy }, undefined, SIGNAL),
    async choose(policy = policyFor()) {
      await using registries = testRegistries({ memory, now: () => START_MS });
      const before = registry.requests.length;
      const scan = await this.scanBy(registries.scan(), policy);
      const asked = registry.requests.slice(before).filter(({ path }) => path !== '/v2/');
      const methods = asked.map(({ method, path, status }) => `${method} ${path.split('/')[4]} ${status}`);
      return { tag: decide({ policy, current: undefined, scan }).to?.tag, asked: methods };
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

describe('newest-build', () => {
  test('cold asks for the list, and twice for each tag', async () => {
    await using lab = await openLab(20);
    const { tag, asked } = await lab.choose();
    expect(tag).toBe('19');
    expect(asked).toHaveLength(1 + 2 * 20);
  });

  test('warm, in another process, asks for the list and for what the chosen tag points at', async () => {
    await using lab = await openLab(20);
    await lab.choose();
    expect(await lab.choose()).toEqual({ tag: '19', asked: ['GET tags 304', 'HEAD manifests 200'] });
  });

  test('with one new tag asks for the list, and once for each level of that tag', async () => {
    await using lab = await openLab(20);
    await lab.choose();
    lab.put('20', 20);
    expect(await lab.choose()).toEqual({ tag: '20', asked: ['GET tags 200', 'GET manifests 200', 'GET blobs 200'] });
  });

  test('with a new tag that is older goes on with the one it had, and looks at both', async () => {
    await using lab = await openLab(20);
    await lab.choose();
    lab.put('backport', 3);
    const { tag, asked } = await lab.choose();
    expect([tag, asked]).toEqual(['19', ['GET tags 200', 'GET manifests 200', 'GET blobs 200', 'HEAD manifests 200']]);
  });

  test('sees at once that the chosen tag was pushed again with something older, and confirms its successor', async () => {
    await using lab = await openLab(20);
    await lab.choose();
    lab.put('19', -1);
    const { tag, asked } = await lab.choose();
    expect(tag).toBe('18');
    expect(asked).toHaveLength(1 + 3 + 1);
  });

  test('sees at once that the chosen tag is gone, though it is still listed', async () => {
    let isGone = false;
    await using lab = await openLab(3, {
      intercept: ({ path }) => (isGone && path.endsWith('/manifests/2') ? { status: 404 } : undefined),
    });
    await lab.choose();
    isGone = true;
    expect((await lab.choose()).tag).toBe('1');
  });
});

describe('one lookup that fails', () => {
  /** Tag 0 cannot be read, and what else is asked takes its time. */
  const broken: RegistryOptions = {
    intercept: ({ path }) => (path.endsWith('/manifests/0') ? { status: 403 } : undefined),
    latencyMs: 10,
  };

  test('stops the others', async () => {
    await using lab = await openLab(60, broken);
    await using registries = testRegistries({ limits: { concurrency: 4 } });
    await expect(lab.scanBy(registries.scan(), policyFor())).rejects.toMatchObject({ code: 'REGISTRY_UNAUTHORIZED' });
    expect(lab.registry.requests.length).toBeLessThan(20);
  });

  test('does not stop those that somebody else waits for', async () => {
    await using lab = await openLab(60, broken);
    await using registries = testRegistries({ limits: { concurrency: 4 } });
    const source = registries.scan();
    const [all, some] = await Promise.allSettled([
      lab.scanBy(source, policyFor()),
      lab.scanBy(source, policyFor('^[1-9]')),
    ]);
    expect(all).toMatchObject({ status: 'rejected', reason: { code: 'REGISTRY_UNAUTHORIZED' } });
    expect(some.status === 'fulfilled' && some.value.facts.size).toBe(59);
  });
});

describe('all or stop', () => {
  test('gives the results in order', async () => {
    expect(await allOrStop([async () => 1, async () => 2], SIGNAL)).toEqual([1, 2]);
  });

  test('waits for those it stopped, and throws what failed first', async () => {
    const stopped: string[] = [];
    const slow = (signal: AbortSignal) =>
      new Promise<never>((_, reject) => {
        signal.addEventListener('abort', () => {
          stopped.push('slow');
          reject(new Error('stopped'));
        });
      });
    await expect(allOrStop([slow, () => Promise.reject(new Error('broken'))], SIGNAL)).rejects.toThrow('broken');
    expect(stopped).toEqual(['slow']);
  });

  test('hears of it when the caller stops', async () => {
    const stop = new AbortController();
    const piece = (signal: AbortSignal) =>
      new Promise<never>((_, reject) => {
        signal.addEventListener('abort', () => reject(new Error('stopped by the caller')));
      });
    const all = allOrStop([piece], stop.signal);
    stop.abort();
    await expect(all).rejects.toThrow('stopped by the caller');
  });
});
