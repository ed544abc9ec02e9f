import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { findTool } from '../test/e2e/tools.ts';
import { type Cost, middle, show, startCountingServer } from './counting-server.ts';
import { COMMITS, grow } from './history.ts';
import type { Row } from './table.ts';

const ROUNDS = 5;
const KUSTOMIZATION = 'resources:\n- ../apps\nimages:\n- name: acme/web\n  newTag: v0\n';
const TIPHYS = join(import.meta.dirname, '..', 'dist', 'tiphys.js');
const WHAT = `one image among ${COMMITS} commits`;
const run = promisify(execFile);

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
  const rounds: Round[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const fresh = async (work: (folder: string, tag: string) => Promise<unknown>) => {
      const folder = await mkdtemp(join(root, 'job-'));
      const cost = await counted.cost(() => work(folder, `v${round}-${folder.slice(-6)}`));
      await rm(folder, { recursive: true });
      return cost;
    };
    const scope = { GITLAB_CI: 'true', CI_SERVER_HOST: 'gitlab.example.com', CI_PROJECT_ID: `${round}` };
    const build = { ...scope, CI_PIPELINE_IID: '1' };
    rounds.push({
      whole: await fresh((folder, tag) => byHand(kustomize, url, folder, tag, [])),
      shallow: await fresh((folder, tag) => byHand(kustomize, url, folder, tag, ['--depth=1'])),
      plain: await fresh((folder, tag) => byTiphys(url, folder, tag, {})),
      first: await fresh((folder, tag) => byTiphys(url, folder, tag, build)),
      next: await fresh((folder, tag) => byTiphys(url, folder, tag, { ...build, CI_PIPELINE_IID: '2' })),
    });
  }
  const typical = (name: keyof Round) => middle(rounds.map((one) => one[name]));
  const whole = typical('whole');
  const plain = typical('plain');
  const row = (what: string, cost: Cost, floor?: Cost): Row => ({
    what: `${WHAT}: ${what}`,
    value: show(cost),
    ...(floor
      ? { ratio: `${times(floor.ms, cost.ms)} as fast, 1/${Math.round(floor.bytes / cost.bytes)} of the bytes` }
      : {}),
  });
  const lookUp = (cost: Cost) => `${Math.round((cost.bytes - plain.bytes) / 1024)} KiB of it for the order`;
  return [
    row('clone, kustomize, commit, push (floor)', whole),
    row('the same from a shallow clone', typical('shallow'), whole),
    row('by Tiphys, without an order', plain, whole),
    row(`by Tiphys, ${lookUp(typical('next'))}, which the newest commits record`, typical('next'), whole),
    row(`by Tiphys, ${lookUp(typical('first'))}, which no commit records`, typical('first'), whole),
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

function times(one: number, other: number): string {
  return `${(one / other).toFixed(1)} x`;
}
