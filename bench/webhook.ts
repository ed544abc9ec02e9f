import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFile, mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { request } from 'undici';
import { freePort } from '../test/e2e/server-program.ts';
import type { Row } from './table.ts';
import { buildWorld, kustomization, type World } from './world.ts';

const EVENTS = 40;
const WARM_UP = 5;
const TIPHYS = join(import.meta.dirname, '..', 'dist', 'tiphys.js');
const SECRET = 'bench';
const LONGEST_MS = 30_000;
const TAGS = 20;
/** The newest of the world's tags, which every Application lacks until its webhook comes. */
const NEWEST = `1.0.${TAGS - 1}`;
const repositoryOf = (event: number) => `acme/app-${event}`;

/**
 * From a webhook to the commit on the server, by a process that has been at work for a while, against the least that
 * leads there: the bare commands that list the tags, fetch and push, in a mirror that was kept as well. In turn.
 */
export async function measureWebhooks(): Promise<Row[]> {
  return [
    ...(await measureRepository('500 applications', { applications: 500, otherFiles: 0 })),
    ...(await measureRepository('100,000 files', { applications: EVENTS + WARM_UP, otherFiles: 100_000 })),
  ];
}

interface Size {
  readonly applications: number;
  readonly otherFiles: number;
}

async function measureRepository(what: string, { applications, otherFiles }: Size): Promise<Row[]> {
  const size = { applications, repositories: applications, tags: TAGS, registryLatencyMs: 20, otherFiles };
  await using world = await buildWorld(size);
  const floor = await openFloor(world);
  await using program = await openProgram(world);
  const floors: number[] = [];
  const took: number[] = [];
  for (let event = 0; event < EVENTS + WARM_UP; event += 1) {
    const [bare, whole] = [await floor(event), await program.webhook(event)];
    if (event < WARM_UP) continue;
    floors.push(bare);
    took.push(whole);
  }
  return [0.5, 0.95].flatMap((share) => {
    const name = `webhook to pushed commit, repository of ${what}: p${share * 100}`;
    const [bare, whole] = [quantile(floors, share), quantile(took, share)];
    return [
      { what: `${name} of tag list, fetch and push by bare commands (floor)`, value: ms(bare) },
      { what: `${name} (at most twice the floor)`, value: ms(whole), ratio: `${(whole / bare).toFixed(2)} x` },
    ];
  });
}

/** The bare commands in a mirror of their own. What they push is made beforehand, and is not timed. */
async function openFloor({ registry, folder, reset }: World): Promise<(event: number) => Promise<number>> {
  const { repoURL } = await reset();
  const mirror = join(folder, 'floor');
  await mkdir(mirror);
  const git = (args: readonly string[], input?: string) => run(mirror, args, input);
  await git(['init', '--quiet', '--bare', '.']);
  const remote = `[remote "origin"]\n\turl = ${repoURL}\n\tpromisor = true\n\tpartialclonefilter = blob:none\n`;
  await appendFile(join(mirror, 'config'), remote);
  const follow = ['origin', '+main:refs/remotes/origin/main'];
  const fetch = ['fetch', '--quiet', '--no-tags', '--depth=1', '--filter=blob:none', ...follow];
  await git(fetch);
  return async (event) => {
    const head = (await git(['rev-parse', 'refs/remotes/origin/main'])).trim();
    const text = kustomization(`${registry.host}/${repositoryOf(event)}`, NEWEST);
    const file = `M 100644 inline apps/app-${event}/kustomization.yaml\ndata ${text.length}\n${text}\n`;
    const commit = `commit refs/heads/_w\ncommitter bench <bench@localhost> 1760000000 +0000\ndata 6\nupdate\nfrom ${head}\n`;
    await git(['fast-import', '--quiet', '--force', '--date-format=raw'], `feature done\n${commit}${file}done\n`);
    const began = performance.now();
    await (await request(`http://${registry.host}/v2/${repositoryOf(event)}/tags/list`)).body.json();
    await git(fetch);
    const lease = `--force-with-lease=refs/heads/main:${head}`;
    await git(['push', '--quiet', '--porcelain', lease, 'origin', 'refs/heads/_w:refs/heads/main']);
    const tookMs = performance.now() - began;
    await git(['update-ref', 'refs/remotes/origin/main', 'refs/heads/_w']);
    return tookMs;
  };
}

/** `tiphys webhook` over the Applications of a fresh repository. */
async function openProgram({ registry, folder, reset }: World) {
  const { applications, path } = await reset();
  const port = await freePort();
  const given = ['-f', applications, '--state-dir', join(folder, 'state'), '--git-protocols', 'http'];
  const child = spawn(
    process.execPath,
    [TIPHYS, 'webhook', ...given, '--webhook-port', String(port), '--disable-tls', '--logformat', 'json'],
    { env: { PATH: process.env['PATH'] ?? '', HOME: folder, GENERIC_WEBHOOK_SECRET: SECRET }, stdio: 'ignore' },
  );
  const ended = once(child, 'close');
  const headers = { authorization: `Bearer ${SECRET}` };
  const head = () => readFile(join(path, 'refs', 'heads', 'main'), 'utf8');
  await answers(`http://127.0.0.1:${port}/healthz`);
  return {
    async webhook(event: number): Promise<number> {
      const before = await head();
      const body = JSON.stringify({ image: `${registry.host}/${repositoryOf(event)}:${NEWEST}` });
      const began = performance.now();
      await request(`http://127.0.0.1:${port}/webhook?type=generic`, { method: 'POST', headers, body });
      while ((await head()) === before) {
        if (performance.now() - began > LONGEST_MS) throw new Error('the webhook led to no commit');
        await sleep(2);
      }
      return performance.now() - began;
    },
    async [Symbol.asyncDispose]() {
      child.kill('SIGTERM');
      await ended;
    },
  };
}

async function run(cwd: string, args: readonly string[], input = ''): Promise<string> {
  const child = spawn('git', args, { cwd, stdio: ['pipe', 'pipe', 'inherit'] });
  const closed = once(child, 'close');
  // What it does not read, it does not need.
  child.stdin.on('error', () => {});
  child.stdin.end(input);
  const output = await buffer(child.stdout);
  const [status] = await closed;
  if (status !== 0) throw new Error(`git ${args[0]} left with ${status}`);
  return output.toString();
}

async function answers(url: string): Promise<void> {
  for (let tries = 0; tries < 300; tries += 1) {
    const status = await request(url).then(
      async ({ statusCode, body }) => body.dump().then(() => statusCode),
      () => undefined,
    );
    if (status === 200) return;
    await sleep(100);
  }
  throw new Error(`nothing answers at ${url}`);
}

function quantile(values: readonly number[], share: number): number {
  return values.toSorted((a, b) => a - b)[Math.ceil(values.length * share) - 1] ?? Number.NaN;
}

function ms(value: number): string {
  return `${Math.round(value)} ms`;
}
