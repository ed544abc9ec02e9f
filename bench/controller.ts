import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startRegistry } from '../src/demo/registry.ts';
import { startApiServer } from './api-server.ts';
import { mib } from './cluster.ts';
import { BYTES_EACH, largeApplication } from './large-application.ts';
import type { Row } from './table.ts';

const APPLICATIONS = 10_000;
const TO_UPDATE = 100;
const REPOSITORIES = 40;
const TEAMS = 50;
const TIPHYS = join(import.meta.dirname, '..', 'dist', 'tiphys.js');
/** Prints what the process has cost, when it ends. */
const METER = `data:text/javascript,${encodeURIComponent(
  "process.on('exit', () => console.error(JSON.stringify({ usage: process.resourceUsage() })))",
)}`;

/** The controller of a large cluster, from its start to the end of its first round over everything. */
export async function measureController(): Promise<Row[]> {
  await using stack = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), 'tiphys-bench-'));
  stack.defer(() => rm(folder, { recursive: true, force: true }));
  const registry = stack.use(await startRegistry());
  for (let repository = 0; repository < REPOSITORIES; repository += 1) {
    for (const tag of ['1.2.2', '1.2.3']) registry.putImage(`acme/app-${repository}`, tag, { created: new Date(0) });
  }
  const every = APPLICATIONS / TO_UPDATE;
  const tagOf = (nth: number) => (nth % every === 0 ? '1.2.2' : '1.2.3');
  const images = { host: registry.host, repositories: REPOSITORIES, tagOf };
  const api = stack.use(
    await startApiServer({
      applications: { count: APPLICATIONS, nth: (nth) => largeApplication(nth, images) },
      appprojects: { count: 1, nth: project },
      imageupdaters: { count: TEAMS, nth: updater },
    }),
  );
  const kubeconfig = join(folder, 'kubeconfig');
  await writeFile(kubeconfig, kubeconfigText(api.url));
  const began = performance.now();
  const { maxRSS, userCPUTime, systemCPUTime } = await firstRound(folder, kubeconfig);
  const tookMs = performance.now() - began;
  const patched = api.requests.get('PATCH applications');
  if (patched !== TO_UPDATE) throw new Error(`${patched} Applications were written, not ${TO_UPDATE}`);
  const what = `controller, ${APPLICATIONS} Applications of ${BYTES_EACH / 1024} KiB, ${TO_UPDATE} to update`;
  return [
    { what: `${what}: peak memory (at most 200 MiB)`, value: mib(maxRSS) },
    { what: `${what}: registry requests (at most 50)`, value: String(registry.requests.length) },
    { what: `${what}: status writes`, value: String(api.requests.get('PATCH imageupdaters') ?? 0) },
    {
      what: `${what}: processor time, time`,
      value: `${Math.round((userCPUTime + systemCPUTime) / 1000)} ms, ${Math.round(tookMs)} ms`,
    },
  ];
}

/** @returns  what the process has used */
async function firstRound(folder: string, kubeconfig: string): Promise<NodeJS.ResourceUsage> {
  const args = ['--kubeconfig', kubeconfig, '--watch-namespaces', '*', '--leader-election=false', '--interval', '1h'];
  const own = ['--state-dir', join(folder, 'state'), '--health-probe-bind-address', '0', '--metrics-bind-address', '0'];
  const child = spawn(process.execPath, ['--import', METER, TIPHYS, 'run', ...args, ...own], {
    env: { HOME: folder, PATH: process.env['PATH'] ?? '' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk) => {
      said += String(chunk);
      if (said.includes('Processing results')) child.kill('SIGTERM');
    });
  }
  await new Promise((closed) => child.once('close', closed));
  const usage = said.match(/^\{"usage":.*\}$/m)?.[0];
  if (usage === undefined) throw new Error(`the controller did not end in order: ${said.slice(0, 2_000)}`);
  return JSON.parse(usage).usage;
}

function project(): object {
  const spec = { sourceRepos: ['*'], sourceNamespaces: ['*'], destinations: [{ server: '*', namespace: '*' }] };
  return { metadata: { namespace: 'argocd', name: 'default' }, spec };
}

/** Each team's namespace has one. */
function updater(nth: number): object {
  return {
    apiVersion: 'argocd-image-updater.argoproj.io/v1alpha1',
    kind: 'ImageUpdater',
    metadata: { namespace: `team-${nth}`, name: 'all', uid: `updater-${nth}`, generation: 1 },
    spec: { applicationRefs: [{ namePattern: '*', useAnnotations: true }] },
  };
}

function kubeconfigText(server: string): string {
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'bench',
    contexts: [{ name: 'bench', context: { cluster: 'bench', user: 'bench', namespace: 'argocd' } }],
    clusters: [{ name: 'bench', cluster: { server } }],
    users: [{ name: 'bench', user: {} }],
  });
}
