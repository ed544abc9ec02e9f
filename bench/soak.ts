// `npm run soak [-- scans | -- git [SHARE] | -- leaders [SHARE] | -- webhooks [SHARE]]`; SHARE is of the full numbers,
// 0.1 for a tenth.
//
// Whether memory stays flat: 5,000 repositories with 2,000,000 tags in all, looked at twenty times by one process, a
// few of them with a new tag each time; the registry is a process of its own. Then Git: soak-git.ts. Then leaders that
// fail: soak-leaders.ts. Then a flood of webhooks: soak-webhooks.ts.
import { fork } from 'node:child_process';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { scanImage } from '../src/controller/scanning.ts';
import { decide } from '../src/core/deciding/decide.ts';
import { BUILT_IN_REGISTRIES } from '../src/core/registry-endpoint.ts';
import { startRegistry } from '../src/demo/registry.ts';
import { openRegistries } from '../src/registries/registries.ts';
import { openStore } from '../src/store/open-store.ts';
import { semver } from '../src/strategies/semver.ts';
import { policyBy } from './scans.ts';
import { soakGit } from './soak-git.ts';
import { soakLeaders } from './soak-leaders.ts';
import { soakWebhooks } from './soak-webhooks.ts';
import { type Row, table } from './table.ts';

const REPOSITORIES = 5_000;
const TAGS = 400;
const CYCLES = 20;
/** Every so many repositories get a new tag in a cycle. */
const CHANGING = 50;
/** The first cycles fill what is kept. */
const WARM_UP = 3;
const MOST_GROWTH = 1.1;
const MIB = 2 ** 20;

const [part = 'all', share = '1'] = process.argv.slice(2);
const includes = (name: string) => part === 'all' || part === name;
if (part === 'registry') await serve();
if (includes('scans')) await soak();
if (includes('git')) for await (const row of soakGit(Number(share), console.error)) console.log(table([row]));
if (includes('leaders')) for await (const row of soakLeaders(Number(share), console.error)) console.log(table([row]));
if (includes('webhooks')) console.log(table(await soakWebhooks(Number(share))));

/** Makes up every list when it is asked for. A message of the parent begins the next cycle. */
async function serve(): Promise<void> {
  let cycle = 0;
  const registry = await startRegistry({
    intercept({ path, headers }) {
      const number = Number(/\/app-(\d+)\/tags\/list/.exec(path)?.[1] ?? Number.NaN);
      if (Number.isNaN(number)) return undefined;
      const news = Math.floor((cycle + (number % CHANGING)) / CHANGING);
      const etag = `"${news}"`;
      if (headers['if-none-match'] === etag) return { status: 304, headers: { ETag: etag } };
      const tags = Array.from({ length: TAGS + news }, (_, patch) => `1.0.${patch}`);
      return { status: 200, headers: { ETag: etag }, body: JSON.stringify({ tags }) };
    },
  });
  process.on('message', () => {
    cycle += 1;
    process.send?.('ready');
  });
  process.send?.(registry.host);
}

async function soak(): Promise<void> {
  const server = fork(import.meta.filename, ['registry'], { execArgv: [] });
  const told = (): Promise<unknown> => new Promise((resolve) => server.once('message', resolve));
  const host = String(await told());
  const folder = await mkdtemp(join(tmpdir(), 'tiphys-soak-'));
  const path = join(folder, 'store.sqlite');
  const memory = openStore({ path, warn: ({ message }) => console.error(message) });
  const registries = openRegistries({ config: BUILT_IN_REGISTRIES, secrets: () => [], env: {}, memory });
  const policy = policyBy(semver);
  const { signal } = new AbortController();
  const rows: Row[] = [];
  const heaps: number[] = [];
  for (let cycle = 1; cycle <= CYCLES; cycle += 1) {
    const began = performance.now();
    const source = registries.scan();
    const tags = await Promise.all(
      Array.from({ length: REPOSITORIES }, async (_, number) => {
        const image = { registry: host, repository: `acme/app-${number}` };
        const scan = await scanImage(source, { image, policy }, undefined, signal);
        return decide({ policy, current: undefined, scan }).candidates.length;
      }),
    );
    const tookMs = performance.now() - began;
    const { heapUsed, rss } = measureMemory();
    heaps.push(heapUsed);
    const seen = tags.reduce((sum, count) => sum + count, 0);
    rows.push({
      what: `cycle ${cycle}: ${seen} tags`,
      value: `${(tookMs / 1000).toFixed(1)} s, heap ${mib(heapUsed)}, resident ${mib(rss)}`,
    });
    server.send('next');
    await told();
  }
  const { size } = await stat(path);
  const growth = Math.max(...heaps.slice(WARM_UP)) / (heaps[WARM_UP - 1] ?? Number.NaN);
  rows.push({ what: 'the store', value: mib(size) });
  rows.push({ what: `heap, most of it against cycle ${WARM_UP}`, value: `${growth.toFixed(2)} x` });
  console.log(table(rows));
  await registries.close();
  await memory[Symbol.asyncDispose]();
  server.kill();
  await rm(folder, { recursive: true, force: true });
  if (!(growth <= MOST_GROWTH)) process.exitCode = 1;
}

/** What is still held when everything that can go has gone. */
function measureMemory(): NodeJS.MemoryUsage {
  if (globalThis.gc === undefined) throw new Error('run it by `npm run soak`, which lets it collect garbage');
  globalThis.gc();
  return process.memoryUsage();
}

function mib(bytes: number): string {
  return `${Math.round(bytes / MIB)} MiB`;
}
