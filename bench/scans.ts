import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Agent } from 'undici';
import { scanImage } from '../src/controller/scanning.ts';
import { decide } from '../src/core/deciding/decide.ts';
import type { Policy } from '../src/core/deciding/policy.ts';
import type { Strategy } from '../src/core/deciding/strategy.ts';
import { BUILT_IN_REGISTRIES } from '../src/core/registry-endpoint.ts';
import { type Registry, startRegistry } from '../src/demo/registry.ts';
import { openRegistries } from '../src/registries/registries.ts';
import { openStore } from '../src/store/open-store.ts';
import { newestBuild } from '../src/strategies/newest-build.ts';
import { semver } from '../src/strategies/semver.ts';
import type { Row } from './table.ts';

const SIGNAL = new AbortController().signal;
const DAY_MS = 24 * 60 * 60 * 1000;
/** Requests at a time to one registry, as Tiphys has it without configuration. */
const CONCURRENCY = 32;

const IDLE = { applications: 500, repositories: 50, tags: 200, latencyMs: 20 };
const BUILDS = { tags: 864, latencyMs: 50 };
const MANY = { repositories: 1_000, latencyMs: 100, concurrency: 20 };

/** What scans cost in requests and in time, against the bare requests over as many connections. */
export async function measureScans(): Promise<Row[]> {
  return [...(await measureIdle()), ...(await measureBuilds()), ...(await measureMany())];
}

/** A program that runs on: its second cycle, in which no registry has anything new. */
async function measureIdle(): Promise<Row[]> {
  await using registry = await startRegistry({ latencyMs: IDLE.latencyMs, etags: true });
  const names = Array.from({ length: IDLE.repositories }, (_, number) => `acme/app-${number}`);
  for (const name of names) {
    for (let patch = 0; patch < IDLE.tags; patch += 1) registry.putImage(name, `1.0.${patch}`, dated(patch));
  }
  const asked = Array.from({ length: IDLE.applications }, (_, n) => names[n % names.length] ?? '');
  await using scanner = await openScanner(registry, semver);
  await scanner.cycle(asked);
  const idle = await watch(registry, () => scanner.cycle(asked));
  const floor = await watch(registry, () => bareRequests(registry, names.map(listOf), CONCURRENCY));
  const what = `${IDLE.applications} applications on ${IDLE.repositories} repositories x ${IDLE.tags} tags`;
  return [
    { what: `${what}: ${IDLE.repositories} bare lists (floor)`, value: ms(floor.ms) },
    {
      what: 'an idle cycle (at most 50 requests, all answered 304)',
      value: `${ms(idle.ms)}, ${idle.requests} requests, ${idle.unchanged} answered 304`,
      ratio: ratio(idle, floor),
    },
  ];
}

/** newest-build, each time by a process that knows only what is in the store. */
async function measureBuilds(): Promise<Row[]> {
  await using registry = await startRegistry({ latencyMs: BUILDS.latencyMs, etags: true });
  for (let tag = 0; tag < BUILDS.tags; tag += 1) registry.putImage('acme/app', `build-${tag}`, dated(tag));
  const floor = await watch(registry, () => bareBuilds(registry));
  const folder = await mkdtemp(join(tmpdir(), 'tiphys-bench-'));
  const look = async () => {
    await using scanner = await openScanner(registry, newestBuild, { folder });
    return await watch(registry, () => scanner.cycle(['acme/app']));
  };
  const cold = await look();
  const warm = await look();
  registry.putImage('acme/app', 'build-new', dated(BUILDS.tags));
  const oneNew = await look();
  await rm(folder, { recursive: true, force: true });
  const rounds = (2 * BUILDS.tags) / CONCURRENCY;
  const counted = (seen: Watched) => `${ms(seen.ms)}, ${seen.requests} requests`;
  return [
    {
      what: `newest-build, ${BUILDS.tags} tags at ${BUILDS.latencyMs} ms: bare requests (floor)`,
      value: counted(floor),
    },
    {
      what: `cold (${rounds} round trips are ${rounds * BUILDS.latencyMs} ms)`,
      value: counted(cold),
      ratio: ratio(cold, floor),
    },
    { what: 'warm, in a new process (the list, a HEAD)', value: counted(warm), ratio: ratio(warm, floor) },
    {
      what: 'with one new tag (and one request for each of its levels)',
      value: counted(oneNew),
      ratio: ratio(oneNew, floor),
    },
  ];
}

async function measureMany(): Promise<Row[]> {
  const { latencyMs, concurrency } = MANY;
  await using registry = await startRegistry({ latencyMs, etags: true });
  const names = Array.from({ length: MANY.repositories }, (_, number) => `acme/app-${number}`);
  for (const name of names) registry.putImage(name, '1.0.0', dated(0));
  const floor = await watch(registry, () => bareRequests(registry, names.map(listOf), concurrency));
  await using scanner = await openScanner(registry, semver, { concurrency });
  const cold = await watch(registry, () => scanner.cycle(names));
  const what = `${MANY.repositories} repositories at ${latencyMs} ms, ${concurrency} at a time`;
  return [
    { what: `${what}: bare lists (floor)`, value: ms(floor.ms) },
    { what: 'the same scanned and decided', value: ms(cold.ms), ratio: ratio(cold, floor) },
  ];
}

function dated(minute: number) {
  return { created: new Date(Date.UTC(2026, 0, 1, 0, minute)) };
}

interface Scanner extends AsyncDisposable {
  /** One look at these repositories, all at once, with a decision for each. */
  cycle(repositories: readonly string[]): Promise<void>;
}

interface ScannerOptions {
  readonly concurrency?: number;
  /** Where the store is kept; a folder of its own, gone afterwards, by default. */
  readonly folder?: string;
}

async function openScanner(
  registry: Registry,
  strategy: Strategy,
  { concurrency = CONCURRENCY, folder }: ScannerOptions = {},
): Promise<Scanner> {
  const own = folder ?? (await mkdtemp(join(tmpdir(), 'tiphys-bench-')));
  const memory = openStore({
    path: join(own, 'store.sqlite'),
    warn: ({ message }) => {
      throw new Error(message);
    },
  });
  const registries = openRegistries({
    config: BUILT_IN_REGISTRIES,
    secrets: () => [],
    env: {},
    memory,
    limits: { concurrency },
    recheckMs: 20 * DAY_MS,
  });
  const policy = policyBy(strategy);
  return {
    async cycle(repositories) {
      const source = registries.scan();
      const work = repositories.map(async (repository) => {
        const image = { registry: registry.host, repository };
        const { outcome } = decide({
          policy,
          current: undefined,
          scan: await scanImage(source, { image, policy }, undefined, SIGNAL),
        });
        if (outcome !== 'update') throw new Error(`${repository}: ${outcome}`);
      });
      await Promise.all(work);
    },
    async [Symbol.asyncDispose]() {
      await registries.close();
      await memory[Symbol.asyncDispose]();
      if (folder === undefined) await rm(own, { recursive: true, force: true });
    },
  };
}

/** Any tag of a strategy that needs no constraint. */
export function policyBy(strategy: Strategy): Policy {
  const judge = strategy.judge(undefined);
  if (!judge.ok) throw new Error(judge.problem);
  const rules = { allowTags: undefined, ignoreTags: undefined, platforms: [] };
  return { judge: judge.value, ...rules, forceUpdate: false, allowDowngrade: false, suspended: false };
}

interface Watched {
  readonly ms: number;
  readonly requests: number;
  /** Of them those that were answered 304. */
  readonly unchanged: number;
}

async function watch(registry: Registry, work: () => Promise<void>): Promise<Watched> {
  const before = registry.requests.length;
  const began = performance.now();
  await work();
  const tookMs = performance.now() - began;
  const seen = registry.requests.slice(before);
  return { ms: tookMs, requests: seen.length, unchanged: seen.filter(({ status }) => status === 304).length };
}

function listOf(repository: string): string {
  return `/v2/${repository}/tags/list`;
}

/** As many requests as that, and nothing else. */
async function bareRequests(registry: Registry, paths: readonly string[], connections: number): Promise<void> {
  const agent = new Agent({ connections });
  await Promise.all(paths.map((path) => fetchJson(agent, registry, path)));
  await agent.destroy();
}

/** The list, then for each tag its manifest and its config. */
async function bareBuilds(registry: Registry): Promise<void> {
  const agent = new Agent({ connections: CONCURRENCY });
  const { tags } = await fetchJson(agent, registry, listOf('acme/app'));
  const newest = async (tag: string) => {
    const { config } = await fetchJson(agent, registry, `/v2/acme/app/manifests/${tag}`);
    await fetchJson(agent, registry, `/v2/acme/app/blobs/${config.digest}`);
  };
  await Promise.all(tags.map(newest));
  await agent.destroy();
}

async function fetchJson(agent: Agent, registry: Registry, path: string) {
  const { body } = await agent.request({ origin: registry.url, path, method: 'GET' });
  return JSON.parse(await body.text());
}

function ms(value: number): string {
  return `${Math.round(value)} ms`;
}

function ratio(measured: Watched, floor: Watched): string {
  return `${(measured.ms / floor.ms).toFixed(2)} x floor`;
}
