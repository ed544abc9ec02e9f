import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Agent, request } from 'undici';
import { application, startWorld, type World } from './world.ts';

const PROGRAM = join(import.meta.dirname, '../../dist/tiphys.js');
const SECRET = 'what-the-sender-knows';
const USED = 20;
const PER_SECOND = 100;
/** Of each twenty one is forged, and one is malformed. */
const ROUND = 20;
const PATIENCE_MS = 60_000;

/** A webhook of the flood, by what it is. */
type Sent = 'forged' | 'malformed' | 'unused' | 'used';

export interface Flood {
  readonly sent: Readonly<Record<Sent, number>>;
  /** How often each was answered with which status: "forged 400". */
  readonly answers: ReadonlyMap<string, number>;
  /** How long answers took, in ascending order. */
  readonly answerMs: readonly number[];
  /** What the program counted, by outcome. */
  readonly outcomes: Readonly<Record<string, number>>;
  readonly looks: number;
  /** The most that pacing allows in the time that it took: one look for each repository in ten seconds. */
  readonly mostLooks: number;
  readonly registryRequests: number;
  readonly commits: number;
  /** In use. */
  readonly images: number;
  /** Those whose new version is in Git by the end. */
  readonly moved: number;
  readonly residentBytes: number;
}

/**
 * 100 webhooks in a second upon `tiphys webhook`, of which 5 % are forged and 5 % malformed; half of the others are
 * about images that nobody uses. Each image in use has one new version.
 * @param ports  free ones, for webhooks and for metrics
 */
export async function floodWebhooks(seconds: number, ports: readonly [number, number]): Promise<Flood> {
  await using world = await startWorld();
  const repository = await deploy(world);
  await using program = await startProgram(world, ports);
  for (let n = 0; n < USED; n += 1) world.putTags(`acme/used-${n}`, '1.1.0');
  const before = world.registry.requests.length;
  const began = performance.now();
  const sending = await send(world.registry.host, ports[0], seconds * PER_SECOND);
  const until = performance.now() + PATIENCE_MS;
  const moved = async () =>
    movedIn(await world.gitIn(repository, 'grep', '--count', 'newTag: 1.1.0', 'main').catch(() => ''));
  while ((await moved()) < USED && performance.now() < until) await sleep(200);
  const metrics = await program.metrics();
  const outcomes = Object.fromEntries(
    [...metrics].flatMap(([series, value]) => {
      const [, outcome] = /^tiphys_webhook_events_total\{type="generic",outcome="(.*)"\}$/.exec(series) ?? [];
      return outcome === undefined ? [] : [[outcome, value]];
    }),
  );
  return {
    ...sending,
    outcomes,
    looks: metrics.get('tiphys_cycles_total{outcome="ok"}') ?? 0,
    mostLooks: USED * (Math.ceil((performance.now() - began) / 10_000) + 1),
    registryRequests: world.registry.requests.length - before,
    commits: metrics.get('tiphys_commits_total') ?? 0,
    images: USED,
    moved: await moved(),
    residentBytes: metrics.get('process_resident_memory_bytes') ?? 0,
  };
}

/** Applications with an image each, in one repository. @returns  where it lies */
async function deploy(world: World): Promise<string> {
  const names = Array.from({ length: USED }, (_, n) => `used-${n}`);
  const imageOf = (name: string) => `${world.registry.host}/acme/${name}`;
  const text = (name: string) => `images:\n- name: ${imageOf(name)}\n  newTag: 1.0.0\n`;
  const files = names.map((name): [string, string] => [`${name}/kustomization.yaml`, text(name)]);
  const { url, path } = await world.repository('deploy', new Map(files));
  for (const name of names) {
    world.putTags(`acme/${name}`, '1.0.0');
    const settings = { 'image-list': `app=${imageOf(name)}:1.x`, 'write-back-target': 'kustomization' };
    await world.manifests(`${name}.yaml`, application(name, { repoURL: url, path: name }, settings));
  }
  return path;
}

async function startProgram(world: World, [webhooks, metrics]: readonly [number, number]) {
  const folders = ['-f', join(world.folder, 'applications'), '--state-dir', join(world.folder, 'state')];
  const served = ['--webhook-port', String(webhooks), '--disable-tls', '--loglevel', 'error'];
  const shown = ['--metrics-bind-address', `127.0.0.1:${metrics}`, '--metrics-secure=false'];
  const child = spawn(process.execPath, [PROGRAM, 'webhook', ...folders, ...served, ...shown], {
    env: { HOME: world.folder, PATH: process.env['PATH'] ?? '', GENERIC_WEBHOOK_SECRET: SECRET },
    stdio: 'ignore',
  });
  const ended = once(child, 'close');
  const get = async (url: string) => (await request(url)).body.text();
  const until = performance.now() + PATIENCE_MS;
  while ((await get(`http://127.0.0.1:${webhooks}/healthz`).catch(() => '')) !== 'OK') {
    if (performance.now() > until) throw new Error('it does not serve webhooks');
    await sleep(100);
  }
  return {
    async metrics(): Promise<ReadonlyMap<string, number>> {
      const lines = (await get(`http://127.0.0.1:${metrics}/metrics`)).matchAll(/^([a-z]\S*) (\S+)$/gm);
      return new Map([...lines].map(([, series = '', value = '']) => [series, Number(value)]));
    },
    async [Symbol.asyncDispose]() {
      child.kill('SIGTERM');
      await ended;
    },
  };
}

async function send(host: string, port: number, count: number): Promise<Pick<Flood, 'sent' | 'answers' | 'answerMs'>> {
  const agent = new Agent({ connections: 50 });
  const sent = { forged: 0, malformed: 0, unused: 0, used: 0 };
  const answers = new Map<string, number>();
  const answerMs: number[] = [];
  const post = async (nth: number) => {
    const kind = kindOf(nth);
    sent[kind] += 1;
    const began = performance.now();
    const { statusCode, body } = await request(`http://127.0.0.1:${port}/webhook?type=generic`, {
      method: 'POST',
      dispatcher: agent,
      headers: { authorization: `Bearer ${kind === 'forged' ? 'a guess' : SECRET}` },
      body: bodyOf(kind, nth, host),
    });
    await body.dump();
    answerMs.push(performance.now() - began);
    const answer = `${kind} ${statusCode}`;
    answers.set(answer, (answers.get(answer) ?? 0) + 1);
  };
  const began = performance.now();
  const pending: Promise<void>[] = [];
  for (let nth = 0; nth < count; nth += 1) {
    await sleep(Math.max(0, began + (nth * 1_000) / PER_SECOND - performance.now()));
    pending.push(post(nth));
  }
  await Promise.all(pending);
  await agent.close();
  return { sent, answers, answerMs: answerMs.toSorted((a, b) => a - b) };
}

function kindOf(nth: number): Sent {
  if (nth % ROUND === 0) return 'forged';
  if (nth % ROUND === 10) return 'malformed';
  return nth % 2 === 0 ? 'unused' : 'used';
}

function bodyOf(kind: Sent, nth: number, host: string): string {
  if (kind === 'malformed') return '{"image": ';
  // Rounds must not always meet the same ones.
  const number = Math.floor((nth / ROUND) * 7 + nth) % USED;
  return JSON.stringify({ image: `${host}/acme/${kind === 'unused' ? 'unused' : 'used'}-${number}:1.1.0` });
}

function movedIn(found: string): number {
  return found.split('\n').filter((line) => line !== '').length;
}
