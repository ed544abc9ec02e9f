import { spawn } from 'node:child_process';
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { makePrograms, type Programs } from './programs.ts';
import { application, COMPILED, MAIN, startWorld, type World } from './world.ts';

/** What is left when a run was killed again and again, and another one then came to its end. */
export interface AfterKills {
  readonly kills: number;
  /** Of the commits, oldest first: the versions that each one moved from and to. */
  readonly moves: readonly (readonly [from: string, to: string])[];
  /** What the target says in the end. */
  readonly version: string;
  /** The newest version there is. */
  readonly newest: string;
  /** Paths of what ought not to be in the state folder: temporary files, locks and refs of dead processes. */
  readonly leftovers: readonly string[];
}

/** How a git command and the run that started it come to their end. */
type Death =
  /** The machine stops: neither does anything more. */
  | 'before'
  /** The command has done its work, and nobody hears of it. */
  | 'after'
  /** The command goes on by itself, beside the next run. */
  | 'orphaned';

const DEATHS: readonly Death[] = ['before', 'after', 'orphaned'];
// From `git version` to `git push`; a run that needs fewer ends by itself.
const STEPS = 9;

/**
 * Kills `tiphys run --once` at each of its git commands in each way, then at random moments; before every run there is a
 * newer version to write. In the end one run is left alone.
 * @param onRound is told how many have ended
 */
export async function killedRuns(kills: number, onRound?: (done: number) => void): Promise<AfterKills> {
  await using world = await startWorld();
  await using programs = await makePrograms();
  const repository = await openDeploy(world);
  let minor = 0;
  let killed = 0;
  const next = () => {
    minor += 1;
    world.putTags('acme/app', `1.${minor}.0`);
  };
  const began = performance.now();
  next();
  await start(world, programs).ended;
  const tookMs = performance.now() - began;
  for (let round = 0; round < kills; round += 1) {
    next();
    const death = DEATHS[round % DEATHS.length];
    const step = Math.floor(round / DEATHS.length) + 1;
    await writeGit(programs, step <= STEPS ? death : undefined, step);
    const run = start(world, programs);
    const stop = new AbortController();
    if (step > STEPS) void sleep(Math.random() * tookMs, undefined, { signal: stop.signal }).then(run.kill, () => 0);
    if ((await run.ended) === 'SIGKILL') killed += 1;
    stop.abort();
    if (round % 5 === 0) await repository.commitTheirs();
    onRound?.(round + 1);
  }
  await writeGit(programs, undefined, 0);
  if ((await start(world, programs).ended) !== 0) throw new Error('the last run has failed');
  return {
    kills: killed,
    ...(await repository.read()),
    newest: `1.${minor}.0`,
    leftovers: await leftoversIn(join(world.folder, 'state', 'mirrors')),
  };
}

async function openDeploy(world: World) {
  const image = `${world.registry.host}/acme/app`;
  const target = `# keep\nimages:\n- name: ${image}\n  newTag: 1.0.0\n`;
  const { path, url } = await world.repository('deploy', new Map([['kustomization.yaml', target]]));
  const settings = { 'image-list': `app=${image}`, 'write-back-target': 'kustomization' };
  await world.manifests('app.yaml', application('app', { repoURL: url }, settings));
  const git = (...args: readonly string[]) => world.gitIn(path, ...args);
  const identity = ['-c', 'user.name=Else', '-c', 'user.email=else@example.com'];
  let theirs = 0;
  return {
    /** An empty commit of somebody else, unless an orphan is just pushing. */
    async commitTheirs() {
      const head = (await git('rev-parse', 'main')).trim();
      const commit = await git(...identity, 'commit-tree', '-p', head, '-m', 'Theirs', `${head}^{tree}`);
      const updated = await git('update-ref', 'refs/heads/main', commit.trim(), head).then(
        () => true,
        () => false,
      );
      if (updated) theirs += 1;
    },
    async read() {
      await git('fsck', '--strict');
      const log = await git('log', '--reverse', '--format=%B', 'main');
      const trailers = [...log.matchAll(/^Tiphys-Change: \S+ \S+ \S+ (\S+) (\S+) \S+$/gm)];
      const found = (await git('log', '--format=%s', 'main')).split('\n').filter((line) => line === 'Theirs').length;
      if (found !== theirs) throw new Error(`of ${theirs} commits of somebody else ${found} are left`);
      const content = await git('show', 'main:kustomization.yaml');
      const version = /newTag: (.*)/.exec(content)?.[1] ?? '';
      if (content !== target.replace('1.0.0', version)) throw new Error(`the target is damaged: ${content}`);
      return { version, moves: trailers.map(([, from = '', to = '']) => [from, to] as const) };
    },
  };
}

/** A git that ends the run at its `step`th command. */
async function writeGit(programs: Programs, death: Death | undefined, step: number): Promise<void> {
  const counter = join(programs.folder, 'calls');
  await rm(counter, { force: true });
  const git = `PATH='${process.env['PATH']}' exec git "$@"`;
  const kill = 'kill -KILL $PPID';
  const fates = {
    before: `${kill}; exit 1`,
    after: `(${git}); ${kill}; exit 1`,
    orphaned: `${kill}; ${git}`,
  };
  const dies = death && `[ $(wc -l < ${counter}) = ${step} ] && { ${fates[death]}; }`;
  await programs.write('git', `echo call >> ${counter}`, ...(dies ? [dies] : []), git);
}

interface Run {
  /** The exit code, or the signal that ended it. */
  readonly ended: Promise<number | string | null>;
  readonly kill: () => void;
}

function start(world: World, programs: Programs): Run {
  const folders = ['-f', join(world.folder, 'applications'), '--state-dir', join(world.folder, 'state')];
  const path = `${programs.folder}:${process.env['PATH']}`;
  const env = { HOME: join(world.folder, 'home'), PATH: path, LC_ALL: 'C', ...COMPILED };
  const child = spawn(process.execPath, [MAIN, 'run', '--once', ...folders], { env, stdio: 'ignore' });
  const ended = new Promise<number | string | null>((resolve) => {
    child.once('close', (code, signal) => resolve(signal ?? code));
  });
  return { ended, kill: () => void child.kill('SIGKILL') };
}

async function leftoversIn(mirrors: string): Promise<readonly string[]> {
  const paths = await readdir(mirrors, { recursive: true });
  return paths.filter((path) => /\.new|tmp_|\.lock$|\/refs\/tiphys\/push\/./.test(path));
}
