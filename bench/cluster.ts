import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { startApiServer } from './api-server.ts';
import { BYTES_EACH, largeApplication } from './large-application.ts';
import type { Row } from './table.ts';

const APPLICATIONS = 10_000;
const IMAGES = { host: 'ghcr.io', repositories: 200, tagOf: () => '1.2.3' };
const COPY = join(import.meta.dirname, 'cluster-copy.ts');

/** What a copy of a large cluster costs a process: Applications as Argo CD keeps them, most of it of no use to us. */
export async function measureCluster(): Promise<Row[]> {
  await using api = await startApiServer({
    applications: { count: APPLICATIONS, nth: (nth) => largeApplication(nth, IMAGES) },
  });
  const bare = await peakOf(['-e', 'console.log(JSON.stringify({ peakKiB: process.resourceUsage().maxRSS }))']);
  const copy = await peakOf([COPY, api.url]);
  if (copy['applications'] !== APPLICATIONS) throw new Error(`only ${copy['applications']} Applications were read`);
  const size = `${APPLICATIONS} Applications of ${BYTES_EACH / 1024} KiB`;
  return [
    { what: 'a bare Node, peak memory (floor)', value: mib(bare['peakKiB']) },
    { what: `the same with a copy of ${size}`, value: mib(copy['peakKiB']) },
    { what: `processor time to list ${size}`, value: `${Math.round(copy['cpuMs'] ?? 0)} ms` },
  ];
}

async function peakOf(args: readonly string[]): Promise<Readonly<Record<string, number>>> {
  const { stdout } = await promisify(execFile)(process.execPath, args);
  return JSON.parse(stdout);
}

export function mib(kib: number | undefined): string {
  return `${Math.round((kib ?? 0) / 1024)} MiB`;
}
