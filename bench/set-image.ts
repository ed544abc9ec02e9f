import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { findTool } from '../test/e2e/tools.ts';
import { type Cost, type CountingServer, middle, show, startCountingServer } from './counting-server.ts';
import { COMMITS, grow } from './history.ts';
import { median } from './median.ts';
import { type Network, startSlowNetwork } from './slow-network.ts';
import type { Row } from './table.ts';

const ROUNDS = 5;
const KUSTOMIZATION = 'resources:\n- ../apps\nimages:\n- name: acme/web\n  newTag: v0\n';
const TIPHYS = join(import.meta.dirname, '..', 'dist', 'tiphys.js');
const WHAT = `one image among ${COMMITS} commits`;
const run = promisify(execFile);

/** What a pipeline's runner has to a Git server that is not next to it. */
const FAR: Network = { roundTripMs: 20, bytesPerSecond: 100_000_000 / 8 };
const FAR_TEXT = `at ${FAR.roundTripMs} ms and ${(FAR.bytesPerSecond * 8) / 1_000_000} Mbit/s`;

/**
 * One image by `tiphys set-image --repo`, against what pipelines do by hand with the same git. Everything begins with
 * nothing on the disk, as a job of a pipeline does.
 */
export async function measureSetImage(): Promise<Row[]> {
  const kustomize = findTool('kustomize');
  if (kustomize === undefined) return [{ what: WHAT, value: 'skipped: there is no kustomize on the PATH' }];
  await using stack = new AsyncDisposableStack();
  const root = await mkdtemp(join(tmpdir(), 'tiphys-set-image-'));
  stack.defer(() => rm(root, { recursive: true, force: true }));
  const counted = stack.use(await startCountingServer(root, 0));
  const { path, url } = await counted.server.createRepository('deploy', { files: new Map([['README.md', '']]) });
  await grow(path, new Map([['k8s/kustomization.yaml', KUSTOMIZATION]]));
  await run('git', ['repack', '-a', '-d', '-q', '--write-bitmap-index'], { cwd: path });
  const far = new URL(url);
  far.port = String(stack.use(await startSlowNetwork(Number(far.port), FAR)).port);
  const [near, slow]: [Round[], Round[]] = [[], []];
  for (let round = 0; round < ROUNDS; round += 1) {
    near.push(await measureRound(counted, { root, kustomize, url, scope: `near-${round}` }));
    slow.push(await measureRound(counted, { root, kustomize, url: far.href, scope: `far-${round}` }));
  }
  return [...rowsOf(near, WHAT), ...rowsOf(slow, `${WHAT}, ${FAR_TEXT}`)];
}

interface Place {
  readonly root: string;
  readonly kustomize: string;
  readonly url: string;
  /** Another one in every round, so that no commit records an order in it. */
  readonly scope: string;
}

async function measureRound(counted: CountingServer, { root, kustomize, url, scope }: Place): Promise<Round> {
  const fresh = async (work: (folder: string, tag: string) => Promise<unknown>) => {
    const folder = await mkdtemp(join(root, 'job-'));
    const cost = await counted.cost(() => work(folder, `v-${folder.slice(-6)}`));
    await rm(folder, { recursive: true });
    return cost;
  };
  const build = { GITLAB_CI: 'true', CI_SERVER_HOST: 'gitlab.example.com', CI_PROJECT_ID: scope, CI_PIPELINE_IID: '1' };
  return {
    whole: await fresh((folder, tag) => byHand(kustomize, url, folder, tag, [])),
    shallow: await fresh((folder, tag) => byHand(kustomize, url, folder, tag, ['--depth=1'])),
    plain: await fresh((folder, tag) => byTiphys(url, folder, tag, {})),
    first: await fresh((folder, tag) => byTiphys(url, folder, tag, build)),
    next: await fresh((folder, tag) => byTiphys(url, folder, tag, { ...build, CI_PIPELINE_IID: '2' })),
  };
}

function rowsOf(rounds: readonly Round[], about: string): readonly Row[] {
  const typical = (name: keyof Round) => middle(rounds.map((one) => one[name]));
  const whole = typical('whole');
  const plain = typical('plain');
  const row = (what: string, name: keyof Round): Row => {
    const cost = typical(name);
    // Of each round by itself, since machines are not equally fast all the time.
    const faster = median(rounds.map((one) => one.whole.ms / one[name].ms));
    return {
      what: `${about}: ${what}`,
      value: show(cost),
      ratio: `${faster.toFixed(1)} x as fast, 1/${Math.round(whole.bytes / cost.bytes)} of the bytes`,
    };
  };
  const lookUp = (name: keyof Round) =>
    `${Math.round((typical(name).bytes - plain.bytes) / 1024)} KiB of it for the order`;
  return [
    { what: `${about}: clone, kustomize, commit, push (floor)`, value: show(whole) },
    row('the same from a shallow clone', 'shallow'),
    row('by Tiphys, without an order', 'plain'),
    row(`by Tiphys, ${lookUp('next')}, which the newest commits record`, 'next'),
    row(`by Tiphys, ${lookUp('first')}, which no commit records`, 'first'),
  ];
}

type Round = Readonly<Record<'whole' | 'shallow' | 'plain' | 'first' | 'next', Cost>>;

async function byHand(
  kustomize: string,
  url: string,
  folder: string,
  tag: string,
  depth: readonly string[],
): Promise<void> {
  const git = (...args: readonly string[]) => run('git', args, { cwd: folder });
  await git('clone', '--quiet', ...depth, url, '.');
  await run(kustomize, ['edit', 'set', 'image', `acme/web=acme/web:${tag}`], { cwd: join(folder, 'k8s') });
  const identity = ['-c', 'user.name=bench', '-c', 'user.email=bench@example.com'];
  await git(...identity, 'commit', '--quiet', '--all', `--message=Update image tag to ${tag} [skip ci]`);
  await git('push', '--quiet', 'origin', 'HEAD:main');
}

async function byTiphys(
  url: string,
  folder: string,
  tag: string,
  pipeline: Readonly<Record<string, string>>,
): Promise<void> {
  const args = [TIPHYS, 'set-image', `acme/web=acme/web:${tag}`, 'k8s', '--repo', url, '--branch', 'main'];
  const env = { PATH: process.env['PATH'] ?? '', HOME: folder, ...pipeline };
  await run(process.execPath, args, { cwd: folder, env });
}
