import { execFile } from 'node:child_process';
import { createServer, type ServerResponse } from 'node:http';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Row } from './table.ts';

const APPLICATIONS = 10_000;
const BYTES_EACH = 9 * 1024;
const COPY = join(import.meta.dirname, 'cluster-copy.ts');

/** What a copy of a large cluster costs a process: Applications as Argo CD keeps them, most of it of no use to us. */
export async function measureCluster(): Promise<Row[]> {
  const server = createServer(({ url = '/' }, response) => answer(new URL(url, 'http://x'), response));
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  try {
    const address = server.address();
    const port = typeof address === 'object' ? address?.port : undefined;
    const bare = await peakOf(['-e', 'console.log(JSON.stringify({ peakKiB: process.resourceUsage().maxRSS }))']);
    const copy = await peakOf([COPY, `http://127.0.0.1:${port}`]);
    if (copy['applications'] !== APPLICATIONS) throw new Error(`only ${copy['applications']} Applications were read`);
    const size = `${APPLICATIONS} Applications of ${BYTES_EACH / 1024} KiB`;
    return [
      { what: 'a bare Node, peak memory (floor)', value: mib(bare['peakKiB']) },
      { what: `the same with a copy of ${size}`, value: mib(copy['peakKiB']) },
      { what: `processor time to list ${size}`, value: `${Math.round(copy['cpuMs'] ?? 0)} ms` },
    ];
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

async function peakOf(args: readonly string[]): Promise<Readonly<Record<string, number>>> {
  const { stdout } = await promisify(execFile)(process.execPath, args);
  return JSON.parse(stdout);
}

/** Lists by pages, as the API server; watches stay open and silent. */
function answer({ pathname, searchParams }: URL, response: ServerResponse): void {
  if (searchParams.has('watch')) {
    response.writeHead(200).flushHeaders();
    return;
  }
  const from = Number(searchParams.get('continue') ?? 0);
  const most = pathname.endsWith('/applications') ? APPLICATIONS : 0;
  const to = Math.min(most, from + Number(searchParams.get('limit')));
  const items = Array.from({ length: to - from }, (_, nth) => application(from + nth));
  const metadata = { resourceVersion: '1', ...(to < most ? { continue: String(to) } : {}) };
  response.writeHead(200).end(JSON.stringify({ metadata, items }));
}

function application(nth: number): object {
  const image = `ghcr.io/acme/app-${nth % 200}`;
  const object = {
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'Application',
    metadata: {
      namespace: `team-${nth % 50}`,
      name: `app-${nth}`,
      uid: `00000000-0000-4000-8000-${String(nth).padStart(12, '0')}`,
      annotations: { 'argocd-image-updater.argoproj.io/image-list': `app=${image}:1.x` },
    },
    spec: {
      project: 'default',
      source: { repoURL: `https://git.example/deploy-${nth % 20}.git`, path: `apps/${nth}`, targetRevision: 'main' },
    },
    status: { sourceType: 'Kustomize', summary: { images: [`${image}:1.2.3`] }, resources: [] as object[] },
  };
  for (let size = JSON.stringify(object).length, at = 0; size < BYTES_EACH; size += 150, at += 1) {
    object.status.resources.push({
      ...{ group: 'apps', version: 'v1', kind: 'Deployment', namespace: `team-${nth}`, name: `part-${nth}-${at}` },
      ...{ status: 'Synced', health: { status: 'Healthy' }, syncWave: at },
    });
  }
  return object;
}

function mib(kib: number | undefined): string {
  return `${Math.round((kib ?? 0) / 1024)} MiB`;
}
