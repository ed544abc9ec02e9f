import { execFile, spawn } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { fastImportStream } from '../../src/core/commits/fast-import-stream.ts';
import { GIT_PROTOCOLS } from '../../src/core/git-protocol.ts';
import type { RepositoryContent } from '../../src/demo/bare-repository.ts';
import { type GitServer, type GitServerOptions, startGitServer } from '../../src/demo/git-server.ts';
import type { GitOptions } from '../../src/git/git-options.ts';
import { openGit } from '../../src/git/open-git.ts';
import { nameOf } from '../../src/git/processes.ts';

export interface LabRepository {
  /** Where it lies on this machine. */
  readonly path: string;
  /** Where it is served over HTTP. */
  readonly url: string;
}

interface CommitOn {
  readonly branch?: string;
  readonly from?: string;
  readonly message?: string;
}

/** A Git server, a state folder and people who push beside Tiphys, all in one temporary folder. */
export interface Lab extends AsyncDisposable {
  readonly folder: string;
  readonly server: GitServer;
  readonly stateDir: string;
  /** The subcommands that Tiphys's git has run. */
  readonly commands: string[];
  createRepository(name: string, content: RepositoryContent): Promise<LabRepository>;
  openGit(options?: Partial<GitOptions>): ReturnType<typeof openGit>;
  /** Somebody else's commit, straight on the server; @returns its id */
  commit(repository: LabRepository, files: Record<string, string>, on?: CommitOn): Promise<string>;
  /** Several, one upon the other; @returns the id of the last */
  commits(repository: LabRepository, files: readonly Record<string, string>[], on?: CommitOn): Promise<string>;
  /** What git prints, trimmed; for looking at a repository from outside. */
  git(repository: LabRepository, ...args: readonly string[]): Promise<string>;
  show(repository: LabRepository, path: string, branch?: string): Promise<string>;
}

/** Environment of a git that no configuration of this machine reaches. */
export const LAB_ENV = {
  PATH: process.env['PATH'] ?? '',
  LC_ALL: 'C',
  HOME: '/nonexistent',
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_CONFIG_GLOBAL: '/dev/null',
};

export const LAB_NOW = new Date('2024-05-06T07:08:09Z');

/** Tiphys's own git, as every test of it has it. */
export function openLabGit(stateDir: string, overrides: Partial<GitOptions> = {}): ReturnType<typeof openGit> {
  return openGit({
    stateDir,
    identity: { name: 'Tiphys', email: 'tiphys@example.com' },
    secrets: () => [],
    configMaps: () => [],
    argocdNamespace: 'argocd',
    protocols: GIT_PROTOCOLS,
    env: LAB_ENV,
    now: () => LAB_NOW,
    random: () => 0.5,
    sleep: (ms, signal) => sleep(Math.min(ms, 25), undefined, { signal }),
    ...overrides,
  });
}

export async function openLab(options: Partial<GitServerOptions> = {}): Promise<Lab> {
  const folder = await mkdtemp(join(tmpdir(), 'tiphys-git-'));
  const root = join(folder, 'served');
  const stateDir = join(folder, 'state');
  await mkdir(root);
  const server = await startGitServer({ root, ...options });
  const commands: string[] = [];
  const opened: AsyncDisposable[] = [];
  const run = promisify(execFile);
  const git = async ({ path }: LabRepository, ...args: readonly string[]) => {
    const { stdout } = await run('git', args, { cwd: path, env: LAB_ENV, maxBuffer: 64 * 1024 * 1024 });
    return stdout.trim();
  };
  const commits: Lab['commits'] = async (repository, changes, on = {}) => {
    const { branch = 'main', from, message = 'Somebody else was here\n' } = on;
    const parent = from ?? (await git(repository, 'rev-parse', `refs/heads/${branch}`));
    const writes = (files: Record<string, string>) =>
      Object.entries(files).map(([path, text]) => ({ path, mode: '100644', bytes: Buffer.from(text) }));
    const stream = fastImportStream({
      ref: `refs/heads/${branch}`,
      from: parent,
      identity: { name: 'Else', email: 'else@example.com' },
      at: LAB_NOW,
      commits: changes.map((files) => ({ message, files: writes(files) })),
    });
    return (await importInto(repository.path, stream)).split('\n').at(-1) ?? '';
  };
  return {
    folder,
    server,
    stateDir,
    commands,
    createRepository: (name, content) => server.createRepository(name, content),
    openGit: (overrides = {}) => {
      const one = openLabGit(stateDir, { onCommand: (args) => commands.push(nameOf(args)), ...overrides });
      opened.push(one);
      return one;
    },
    commit: (repository, files, on) => commits(repository, [files], on),
    commits,
    git,
    show: (repository, path, branch = 'main') => git(repository, 'show', `refs/heads/${branch}:${path}`),
    [Symbol.asyncDispose]: async () => {
      for (const one of opened) await one[Symbol.asyncDispose]();
      await server[Symbol.asyncDispose]();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Everything below a folder that is a file, as text; for looking for secrets. */
export async function textBelow(folder: string): Promise<string> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  const texts = await Promise.all(files.map((file) => readFile(join(file.parentPath, file.name), 'latin1')));
  return texts.join('\n');
}

async function importInto(path: string, stream: Uint8Array): Promise<string> {
  const args = ['fast-import', '--quiet', '--force', '--date-format=raw'];
  const child = spawn('git', args, { cwd: path, env: LAB_ENV, stdio: ['pipe', 'pipe', 'inherit'] });
  child.stdin.end(stream);
  const output = await Array.fromAsync(child.stdout);
  return Buffer.concat(output).toString().trim();
}
