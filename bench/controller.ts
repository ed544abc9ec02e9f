import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { mib } from './cluster.ts';
import { BYTES_EACH } from './large-application.ts';
import { type LargeCluster, startLargeCluster } from './large-cluster.ts';
import { METER, type Usage, usageIn } from './meter.ts';
import type { Row } from './table.ts';

const SIZE = { applications: 10_000, behind: 100, repositories: 40 };
const TIPHYS = join(import.meta.dirname, '..', 'dist', 'tiphys.js');

/** Enough for the memory to have come to rest. */
const ROUNDS = 10;

/** The controller of a large cluster: its first round over everything, and rounds in quick succession. */
export async function measureController(): Promise<Row[]> {
  return [...(await measureFirstRound()), ...(await measureRounds())];
}

async function measureFirstRound(): Promise<Row[]> {
  await using cluster = await startLargeCluster(SIZE);
  const { api, registry } = cluster;
  const began = performance.now();
  const { peakKiB, cpuMs } = await followRounds(cluster, 1);
  const tookMs = performance.now() - began;
  const patched = api.requests.get('PATCH applications');
  if (patched !== SIZE.behind) throw new Error(`${patched} Applications were written, not ${SIZE.behind}`);
  const what = `controller, ${SIZE.applications} Applications of ${BYTES_EACH / 1024} KiB, ${SIZE.behind} to update`;
  return [
    { what: `${what}: peak memory (at most 200 MiB)`, value: mib(peakKiB) },
    { what: `${what}: registry requests (at most 50)`, value: String(registry.requests.length) },
    { what: `${what}: status writes`, value: String(api.requests.get('PATCH imageupdaters') ?? 0) },
    {
      what: `${what}: processor time, time`,
      value: `${Math.round(cpuMs)} ms, ${Math.round(tookMs)} ms`,
    },
  ];
}

async function measureRounds(): Promise<Row[]> {
  await using cluster = await startLargeCluster(SIZE);
  const { peakKiB, cpuMs } = await followRounds(cluster, ROUNDS);
  const what = `the same, ${ROUNDS} rounds within seconds of each other`;
  return [
    { what: `${what}: peak memory (at most 200 MiB)`, value: mib(peakKiB) },
    { what: `${what}: processor time of all`, value: `${Math.round(cpuMs)} ms` },
  ];
}

/** @returns  what the process has used by the end of that many rounds */
async function followRounds({ folder, flags }: LargeCluster, rounds: number): Promise<Usage> {
  const child = spawn(process.execPath, [...METER, TIPHYS, 'run', ...flags, '--interval', '1s'], {
    env: { HOME: folder, PATH: process.env['PATH'] ?? '' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk) => {
      said += String(chunk);
      if ((said.match(/Processing results/g)?.length ?? 0) >= rounds) child.kill('SIGTERM');
    });
  }
  await new Promise((closed) => child.once('close', closed));
  return usageIn(said);
}
