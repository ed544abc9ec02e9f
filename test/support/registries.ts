import { BUILT_IN_REGISTRIES, type Endpoint } from '../../src/core/registry-endpoint.ts';
import { openRegistries, type RegistriesOptions } from '../../src/registries/registries.ts';
import { openMemoryStore } from '../../src/store/open-store.ts';

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
      /** The tags alone, which is what most tests look at. */
      const listTags = async (...asked: Parameters<typeof source.list>) => (await source.list(...asked)).tags;
      return { ...source, listTags };
    },
    async [Symbol.asyncDispose]() {
      await registries.close();
      memory[Symbol.dispose]();
    },
  };
}

/** An endpoint that says everything about itself. */
export function endpointFor(prefix: string, apiUrl: string, more: Partial<Endpoint> = {}): Endpoint {
  return { name: prefix, prefix, apiUrl, insecure: false, ping: true, defaultNamespace: '', ...more };
}
