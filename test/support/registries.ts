import { BUILT_IN_REGISTRIES, type Endpoint } from '../../src/core/registry-endpoint.ts';
import { openRegistries, type RegistriesOptions } from '../../src/registries/registries.ts';
import { openMemoryStore } from '../../src/store/open-store.ts';
import { expectNoCanary, printedError } from './canary.ts';

/** Time that passes only while somebody sleeps. */
export function fakeTime() {
  const slept: number[] = [];
  let nowMs = Date.parse('2026-01-01T00:00:00Z');
  return {
    /** All pauses, in milliseconds. */
    slept,
    now: () => nowMs,
    async sleep(ms: number): Promise<void> {
      slept.push(ms);
      nowMs += ms;
    },
  };
}

/** The client as tests use it: no waiting, nothing of this machine's configuration. Ends its connections by itself. */
export function testRegistries(
  options: Partial<RegistriesOptions> & { readonly endpoints?: readonly Endpoint[] } = {},
) {
  const { endpoints = [], ...rest } = options;
  const config = { ...BUILT_IN_REGISTRIES, endpoints: [...BUILT_IN_REGISTRIES.endpoints, ...endpoints] };
  const { now, sleep } = fakeTime();
  const memory = openMemoryStore();
  const registries = openRegistries({
    config,
    secrets: () => [],
    env: {},
    now,
    sleep,
    random: () => 0,
    memory,
    ...rest,
  });
  return {
    ...registries,
    scan() {
      const source = registries.scan();
      const list = (...asked: Parameters<typeof source.list>) => source.list(...asked).catch(rethrow);
      const describe = (...asked: Parameters<typeof source.describe>) => source.describe(...asked).catch(rethrow);
      /** The tags alone, which is what most tests look at. */
      const listTags = async (...asked: Parameters<typeof list>) => (await list(...asked)).tags;
      return { ...source, list, describe, listTags };
    },
    async check(...asked: Parameters<typeof registries.check>) {
      const checked = await registries.check(...asked);
      expectNoCanary('a check', JSON.stringify(checked));
      return checked;
    },
    async [Symbol.asyncDispose]() {
      await registries.close();
      await memory[Symbol.asyncDispose]();
    },
  };
}

/** Hands a failure on, but none that shows a secret. */
function rethrow(error: unknown): never {
  expectNoCanary('a failure', printedError(error));
  throw error;
}

/** An endpoint that says everything about itself. */
export function endpointFor(prefix: string, apiUrl: string, more: Partial<Endpoint> = {}): Endpoint {
  return { name: prefix, prefix, apiUrl, insecure: false, ping: true, defaultNamespace: '', ...more };
}
