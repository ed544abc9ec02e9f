import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { openGit } from '../src/git/open-git.ts';
import type { Git, Tree } from '../src/ports/git.ts';
import { type Cost, type CountingServer, middle, show, startCountingServer } from './counting-server.ts';
import type { Row } from './table.ts';

const FILES = 100_000;
const COMMITS = 10_000;
const CHANGED = 500;
/** Clones for one file each. */
const APART = 5;
const REPOSITORIES = 50;
const LATENCY_MS = 50;
const ROUNDS = 3;

/** Clone, commit and push of one big repository, and pushes to many, against the same git as a script would use it. */
export async function measureGit(): Promise<Row[]> {
  const folder = await mkdtemp(join(tmpdir(), 'tiphys-bench-git-'));
  try {
    const root = join(folder, 'served');
    await mkdir(root);
    await using near = await startCountingServer(root, 0);
    await using far = await startCountingServer(root, LATENCY_MS);
    return [...(await measureBig(folder, root, near)), ...(await measureMany(folder, far))];
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** One commit of 500 files. */
async function measureBig(folder: string, root: string, counted: CountingServer): Promise<Row[]> {
  const path = join(root, 'big.git');
  await makeBigRepository(path);
  const repoURL = `${counted.server.url}/big.git`;
  // Clearing up is not counted.
  const byScript = async (depth: readonly string[], changed: readonly [from: number, to: number]) => {
    const clone = join(folder, 'clone');
    const cost = await counted.cost(() => cloneCommitPush(clone, repoURL, depth, changed));
    await rm(clone, { recursive: true });
    return cost;
  };
  const apart: Cost[] = [];
  for (let n = 0; n < APART; n += 1) apart.push(await byScript(SHALLOW, [n, n + 1]));
  const rounds: BigRound[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const whole = await byScript([], [0, CHANGED]);
    const shallow = await byScript(SHALLOW, [0, CHANGED]);
    await using git = open(join(folder, `state-${round}`));
    const cold = await counted.cost(() => pushOne(git, repoURL, `cold-${round}`));
    const warm = await counted.cost(() => pushOne(git, repoURL, `warm-${round}`));
    const idle = await counted.cost(() => git.open(branch(repoURL), NEVER));
    await byScript(SHALLOW, [0, CHANGED]);
    const moved = await counted.cost(() => pushOne(git, repoURL, `moved-${round}`));
    rounds.push({ whole, shallow, cold, warm, idle, moved });
  }
  const typical = (name: keyof BigRound) => middle(rounds.map((round) => round[name]));
  const whole = typical('whole');
  const row = (what: string, cost: Cost, ratio = `${(whole.ms / cost.ms).toFixed(1)} x as fast`): Row => ({
    what: `${CHANGED} of ${FILES} files, ${COMMITS} commits: ${what}`,
    value: show(cost),
    ratio,
  });
  return [
    row('clone, commit, push (floor)', whole, ''),
    row('the same from a shallow clone', typical('shallow')),
    row('one file, from a shallow clone of its own', middle(apart)),
    row('by Tiphys, cold', typical('cold')),
    row('by Tiphys, warm', typical('warm')),
    row('by Tiphys, warm, after somebody else has changed all of them', typical('moved')),
    row('by Tiphys, nothing to do', typical('idle')),
  ];
}

/** Each way once, in turn. */
type BigRound = Readonly<Record<'whole' | 'shallow' | 'cold' | 'warm' | 'idle' | 'moved', Cost>>;

/** One file in each of many repositories, on a server that is not the next machine. */
async function measureMany(folder: string, counted: CountingServer): Promise<Row[]> {
  const urls = await Promise.all(
    Array.from({ length: REPOSITORIES }, async (_, n) => {
      const files = new Map([[pathOf(0), content(0, 'begin')]]);
      return (await counted.server.createRepository(`small-${n}.git`, { files })).url;
    }),
  );
  const inTurn = await counted.cost(async () => {
    for (const [n, url] of urls.entries()) await cloneCommitPush(join(folder, `small-${n}`), url, SHALLOW, [0, 1]);
  });
  await using git = open(join(folder, 'state-many'));
  const atOnce = await counted.cost(() => Promise.all(urls.map((url) => pushOne(git, url, 'cold'))));
  return [
    {
      what: `${REPOSITORIES} repositories, ${LATENCY_MS} ms away: shallow clone, commit, push, in turn (floor)`,
      value: show(inTurn),
    },
    {
      what: 'the same by Tiphys, side by side, cold',
      value: show(atOnce),
      ratio: `${(inTurn.ms / atOnce.ms).toFixed(1)} x as fast`,
    },
  ];
}

const SHALLOW = ['--depth=1'];
const NEVER = new AbortController().signal;
const branch = (repoURL: string) => ({ repoURL, branch: 'main', project: 'default' });

function open(stateDir: string): ReturnType<typeof openGit> {
  return openGit({
    stateDir,
    identity: { name: 'bench', email: 'bench@example.com' },
    signing: undefined,
    secrets: () => [],
    configMaps: () => [],
    argocdNamespace: 'argocd',
    protocols: ['http'],
    env: process.env,
    now: () => new Date(),
    random: Math.random,
    sleep: (ms, signal) => sleep(ms, undefined, { signal }),
  });
}

/** What a cycle does: look, read the files that are changed, write them. */
async function pushOne(git: Git, repoURL: string, tag: string): Promise<void> {
  const tree = await git.open(branch(repoURL), NEVER);
  const edit = async (head: Tree) => {
    const paths = head.paths.slice(0, CHANGED);
    const texts = await Promise.all(paths.map(async (path) => Buffer.from((await head.read(path)) ?? []).toString()));
    const files = paths.map((path, n) => [path, Buffer.from(withTag(texts[n] ?? '', tag))] as const);
    return [{ message: 'update\n', files: new Map(files) }];
  };
  await edit(tree);
  const pushed = await git.push(branch(repoURL), edit, NEVER);
  if (pushed.kind !== 'pushed') throw new Error(`${repoURL} was not written`);
}

/** What a script does. */
async function cloneCommitPush(
  folder: string,
  repoURL: string,
  depth: readonly string[],
  changed: readonly [from: number, to: number],
): Promise<void> {
  await run('/', ['clone', '--quiet', ...depth, repoURL, folder]);
  const listed = (await run(folder, ['ls-files'])).split('\n').slice(...changed);
  for (const path of listed) {
    const file = join(folder, path);
    await writeFile(file, withTag(await readFile(file, 'utf8'), `script-${randomUUID()}`));
  }
  const identity = ['-c', 'user.name=bench', '-c', 'user.email=bench@example.com'];
  await run(folder, [...identity, 'commit', '--quiet', '--all', '--message=update']);
  await run(folder, ['push', '--quiet', 'origin', 'HEAD:main']);
}

// Ten files to a folder, as an application with its overlays has.
const pathOf = (n: number) => `apps/${Math.floor(n / 1000)}/app-${Math.floor(n / 10)}/values-${n % 10}.yaml`;
const content = (n: number, tag: string) => `# app ${n}\nimage:\n  repository: acme/app-${n}\n  tag: ${tag}\n`;
const withTag = (text: string, tag: string) => text.replace(/tag: .*/, `tag: ${tag}`);

/** Packed as a server packs: a history of one-line commits, which a clone fetches and a look does not need. */
async function makeBigRepository(path: string): Promise<void> {
  await run('/', ['init', '--quiet', '--bare', '--initial-branch=main', path]);
  await run(path, ['config', 'uploadpack.allowFilter', 'true']);
  await run(path, ['fast-import', '--quiet'], bigHistory());
  await run(path, ['repack', '-a', '-d', '-q', '--write-bitmap-index']);
  await run(path, ['commit-graph', 'write', '--reachable', '--no-progress']);
}

function* bigHistory(): Generator<string> {
  const commit = (n: number) =>
    `commit refs/heads/main\ncommitter bench <bench@example.com> ${1_700_000_000 + n} +0000\ndata 7\ncommit\n`;
  const write = (n: number, tag: string) => {
    const text = content(n, tag);
    return `M 100644 inline ${pathOf(n)}\ndata ${Buffer.byteLength(text)}\n${text}\n`;
  };
  yield commit(0);
  for (let n = 0; n < FILES; n += 1) yield write(n, 'v0');
  for (let n = 1; n < COMMITS; n += 1) yield commit(n) + write((n * 7919) % FILES, `v${n}`);
}

async function run(cwd: string, args: readonly string[], input: Iterable<string> = []): Promise<string> {
  const child = spawn('git', args, { cwd, stdio: ['pipe', 'pipe', 'inherit'] });
  const closed = new Promise((resolve) => child.once('close', resolve));
  const output = Array.fromAsync(child.stdout);
  for (const chunk of input) {
    if (!child.stdin.write(chunk)) await new Promise((resolve) => child.stdin.once('drain', resolve));
  }
  child.stdin.end();
  if ((await closed) !== 0) throw new Error(`git ${args.join(' ')} failed`);
  return Buffer.concat(await output).toString();
}
