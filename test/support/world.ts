import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import type { RepositoryContent } from '../../src/demo/bare-repository.ts';
import { type GitServer, startGitServer } from '../../src/demo/git-server.ts';
import { type Registry, type RegistryOptions, startRegistry } from '../../src/demo/registry.ts';
import { expectNoCanary } from './canary.ts';

/** The program, run from its source. */
export const MAIN = join(import.meta.dirname, '../../src/main.ts');

/** Lets Node keep what it has made of the sources: without it, half of a short run is reading them again. */
export const COMPILED = {
  NODE_COMPILE_CACHE: join(import.meta.dirname, '../../node_modules/.cache/tiphys-tests'),
};

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A registry, a Git server, a folder of Applications, and the program as a child process that sees nothing else. */
export interface World extends AsyncDisposable {
  readonly folder: string;
  readonly registry: Registry;
  readonly git: GitServer;
  /** Puts tags on made-up images, each a minute younger than the one before. */
  putTags(repository: string, ...tags: readonly string[]): void;
  repository(name: string, files: RepositoryContent['files']): Promise<{ path: string; url: string }>;
  /** Writes a file of manifests into the folder of Applications. */
  manifests(name: string, content: string): Promise<void>;
  /** `tiphys ARGS -f <applications> --state-dir <state>`; secrets and settings by `env`. */
  tiphys(args: readonly string[], env?: Readonly<Record<string, string>>): Promise<Ended>;
  /** What `git` prints in a repository of the server; fails when git does. */
  gitIn(path: string, ...args: readonly string[]): Promise<string>;
}

export async function startWorld(options: { registry?: RegistryOptions; program?: string } = {}): Promise<World> {
  await using stack = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), 'tiphys-test-'));
  // The children of a program that was killed may still write into it.
  stack.defer(() => rm(folder, { recursive: true, force: true, maxRetries: 10 }));
  const registry = stack.use(await startRegistry(options.registry));
  const [root, applications] = [join(folder, 'git'), join(folder, 'applications')];
  await Promise.all([root, applications, join(folder, 'home')].map((path) => mkdir(path)));
  const git = stack.use(await startGitServer({ root }));
  const state = join(folder, 'state');
  stack.defer(() => searchFolder(state));
  const owned = stack.move();
  let minute = 0;
  const home = { HOME: join(folder, 'home'), PATH: process.env['PATH'] ?? '', LC_ALL: 'C' };
  return {
    folder,
    registry,
    git,
    putTags(repository, ...tags) {
      for (const tag of tags) {
        minute += 1;
        registry.putImage(repository, tag, { created: new Date(Date.UTC(2026, 0, 1, 0, minute)) });
      }
    },
    repository: (name, files) => git.createRepository(name, { files }),
    async manifests(name, content) {
      const path = join(applications, name);
      await mkdir(dirname(path), { recursive: true });
      await writeFile(path, content);
    },
    tiphys([command = '', ...rest], env = {}) {
      const args = [command, '-f', applications, '--state-dir', state, ...rest];
      return runTiphys(args, folder, { ...home, ...env }, options.program);
    },
    async gitIn(path, ...args) {
      const { code, stdout, stderr } = await run('git', args, path, home);
      if (code !== 0) throw new Error(`git ${args.join(' ')}: ${stderr}`);
      return stdout;
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/** All that the program has left in a folder, which need not be there. */
async function searchFolder(folder: string): Promise<void> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  for (const entry of entries.filter((one) => one.isFile())) {
    const path = join(entry.parentPath, entry.name);
    expectNoCanary(path, await readFile(path, 'latin1').catch(unlessGone));
  }
}

/** The children of a program that was killed may still tidy up. */
function unlessGone(error: NodeJS.ErrnoException): string {
  if (error.code === 'ENOENT') return '';
  throw error;
}

/** `tiphys ARGS` to its end. Of this machine it sees where programs are, and nothing else but `env`. */
export function runTiphys(
  args: readonly string[],
  cwd: string,
  env: Readonly<Record<string, string>> = {},
  program = MAIN,
): Promise<Ended> {
  return run(process.execPath, [program, ...args], cwd, { PATH: process.env['PATH'] ?? '', ...COMPILED, ...env });
}

/** Runs a program to its end. @throws {Error} when it prints a planted secret */
export async function run(
  program: string,
  args: readonly string[],
  cwd: string,
  env: Readonly<Record<string, string>>,
): Promise<Ended> {
  const child = spawn(program, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  const [stdout, stderr, code] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
  expectNoCanary(`the output of ${program} ${args[0] ?? ''}`, `${stdout}\n${stderr}`);
  return { code, stdout, stderr };
}

/** An Application manifest; settings are annotations without upstream's prefix, unless they name their own. */
export function application(
  name: string,
  source: {
    readonly repoURL: string;
    readonly path?: string;
    readonly targetRevision?: string;
    readonly more?: object;
  },
  settings: Readonly<Record<string, string>>,
): string {
  const annotations = Object.fromEntries(
    Object.entries({ 'write-back-method': 'git', ...settings }).map(([key, value]) => [
      key.includes('/') ? key : `argocd-image-updater.argoproj.io/${key}`,
      value,
    ]),
  );
  const { more, ...place } = source;
  return `${JSON.stringify({
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'Application',
    metadata: { name, namespace: 'argocd', annotations },
    spec: {
      project: 'default',
      source: { targetRevision: 'main', path: '.', ...place, ...more },
      destination: { name: 'in-cluster', namespace: name },
    },
  })}\n---\n`;
}
