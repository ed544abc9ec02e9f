import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { startApiServer } from './api-server.ts';
import { BYTES_EACH, largeApplication } from './large-application.ts';
import { METER, type Usage, usageIn } from './meter.ts';
import type { Row } from './table.ts';

const APPLICATIONS = 10_000;
const IMAGES = { host: 'ghcr.io', repositories: 200, tagOf: () => '1.2.3' };
const COPY = join(import.meta.dirname, 'cluster-copy.ts');

/** What a copy of a large cluster costs a process: Applications as Argo CD keeps them, most of it of no use to us. */
export async function measureCluster(): Promise<Row[]> {
  await using api = await startApiServer({
    applications: { count: APPLICATIONS, nth: (nth) => largeApplication(nth, IMAGES) },
  });
  const bare = await measured('-e', '0');
  const copy = await measured(COPY, api.url);
  if (copy.printed !== String(APPLICATIONS)) throw new Error(`only ${copy.printed} Applications were read`);
  const size = `${APPLICATIONS} Applications of ${BYTES_EACH / 1024} KiB`;
  return [
    { what: 'a bare Node, peak memory (floor)', value: mib(bare.peakKiB) },
    { what: `the same with a copy of ${size}`, value: mib(copy.peakKiB) },
    { what: `processor time to list ${size}`, value: `${Math.round(copy.cpuMs)} ms` },
  ];
}

async function measured(...args: readonly string[]): Promise<Usage & { readonly printed: string }> {
  const { stdout, stderr } = await promisify(execFile)(process.execPath, [...METER, ...args]);
  return { ...usageIn(stderr), printed: stdout.trim() };
}

export function mib(kib: number): string {
  return `${Math.round(kib / 1024)} MiB`;
}
