import { spawn } from 'node:child_process';
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { median } from './median.ts';
import type { Row } from './table.ts';
import { buildWorld, type World } from './world.ts';

const ROUNDS = 5;
const SIZE = { applications: 500, repositories: 50, tags: 200, registryLatencyMs: 20 };
const FLOOR = join(import.meta.dirname, 'floor.ts');
const TIPHYS = join(import.meta.dirname, '..', 'dist', 'tiphys.js');

/** The whole program: to start, and to carry 500 Applications from the registry to Git. */
export async function measureLine(): Promise<Row[]> {
  await using world = await buildWorld(SIZE);
  return [...(await measureStart(world)), ...(await measureCycles(world)), ...(await countCommands(world))];
}

/** How long a person waits for `tiphys version`, and a pipeline for one local file, against a Node that does nothing. */
async function measureStart({ folder }: World): Promise<Row[]> {
  const kustomization = join(folder, 'kustomization.yaml');
  await writeFile(kustomization, 'kind: Kustomization\nimages:\n- name: acme/web\n  newTag: before\n');
  const [bare, version, setImage]: [number[], number[], number[]] = [[], [], []];
  for (let round = 0; round < 4 * ROUNDS; round += 1) {
    bare.push(await timed(['-e', '0']));
    version.push(await timed([TIPHYS, 'version']));
    setImage.push(await timed([TIPHYS, 'set-image', `acme/web:v${round}`, kustomization]));
  }
  const besideFloor = (times: readonly number[]) => ({
    value: ms(median(times)),
    ratio: ratio(median(times), median(bare)),
  });
  return [
    { what: 'a bare Node (floor)', value: ms(median(bare)) },
    { what: '`tiphys version`', ...besideFloor(version) },
    { what: '`tiphys set-image` on a local file (at most 3 x)', ...besideFloor(setImage) },
  ];
}

/** The whole line against the bare commands, as whole processes, in turn; then the same again with nothing to do. */
async function measureCycles(world: World): Promise<Row[]> {
  const { registry, reset, folder } = world;
  const floors: number[] = [];
  const colds: number[] = [];
  const idles: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const bare = join(folder, `floor-${round}`);
    await mkdir(bare);
    const { repoURL } = await reset();
    floors.push(await timed([FLOOR, registry.host, String(SIZE.repositories), repoURL, bare]));
    const run = await tiphys(world, round);
    colds.push(await timed(run));
    idles.push(await timed(run));
  }
  const [floor, cold, idle] = [median(floors), median(colds), median(idles)];
  return [
    { what: `${SIZE.applications} applications, one repository: the bare commands (floor)`, value: ms(floor) },
    { what: 'the same by `tiphys run --once`, cold', value: ms(cold), ratio: ratio(cold, floor) },
    { what: 'the same again, nothing to do', value: ms(idle), ratio: ratio(idle, floor) },
  ];
}

/** What the same run asks of the registry and of git, counted by a git on the PATH that writes down its arguments. */
async function countCommands(world: World): Promise<Row[]> {
  const { registry, folder } = world;
  const counter = join(folder, 'counting');
  const log = join(folder, 'git.log');
  await mkdir(counter);
  const real = (process.env['PATH'] ?? '').split(delimiter).map((path) => join(path, 'git'));
  await writeFile(join(counter, 'git'), countingGit(real, log));
  await chmod(join(counter, 'git'), 0o755);
  const run = await tiphys(world, 'counted');
  const rows: Row[] = [];
  for (const [name, expected] of [
    ['cold', 'at most 2 fetches, 1 push'],
    ['nothing to do', 'at most 1 fetch, no push'],
  ] as const) {
    await writeFile(log, '');
    const before = registry.requests.length;
    await timed(run, `${counter}${delimiter}${process.env['PATH']}`);
    const commands = (await readFile(log, 'utf8')).split('\n');
    const count = (word: string) => commands.filter((line) => line.split(' ').includes(word)).length;
    const requests = registry.requests.slice(before);
    const lists = requests.filter(({ path }) => path.includes('/tags/list'));
    const unchanged = lists.filter(({ status }) => status === 304);
    const probes = requests.filter(({ path }) => path === '/v2/');
    rows.push({
      what: `${name}: git commands (${expected})`,
      value: `${count('fetch')} fetch, ${count('push')} push, ${count('ls-remote')} ls-remote, ${commands.length - 1} in all`,
    });
    rows.push({
      what: `${name}: registry requests`,
      value: `${lists.length} tag lists (${unchanged.length} unchanged), ${probes.length} probes, ${requests.length} in all`,
    });
  }
  return rows;
}

/** A shell script that notes its arguments and becomes the first real git of the given ones. */
function countingGit(candidates: readonly string[], log: string): string {
  const tries = candidates.map((git) => `[ -x '${git}' ] && exec '${git}' "$@"`).join('\n');
  return `#!/bin/sh\necho "$*" >> '${log}'\n${tries}\n`;
}

async function tiphys({ reset, folder }: World, round: number | string): Promise<readonly string[]> {
  const { applications } = await reset();
  const state = join(folder, `state-${round}`);
  return [TIPHYS, 'run', '--once', '-f', applications, '--state-dir', state];
}

/** Milliseconds of one whole Node process. */
async function timed(args: readonly string[], path = process.env['PATH'] ?? ''): Promise<number> {
  const began = performance.now();
  const child = spawn(process.execPath, args, {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { ...process.env, PATH: path },
  });
  const status = await new Promise((resolve) => child.once('close', resolve));
  if (status !== 0) throw new Error(`${args.join(' ')} left with ${status}`);
  return performance.now() - began;
}

function ms(value: number): string {
  return `${Math.round(value)} ms`;
}

function ratio(value: number, floor: number): string {
  return `${(value / floor).toFixed(2)} x floor`;
}
