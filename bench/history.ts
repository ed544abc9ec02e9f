import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { startGitServer } from '../src/demo/git-server.ts';
import type { Row } from './table.ts';

/** How many `grow` makes. */
export const COMMITS = 10_000;
const FILES = 1_000;
const FILE_BYTES = 2_000;
/** One commit of so many is ours. */
const OURS = 10;
const TIPHYS = join(import.meta.dirname, '..', 'dist', 'tiphys.js');
const run = promisify(execFile);

/** What `tiphys history` fetches of a long history, as bytes of packs, against a bare clone of the same repository. */
export async function measureHistory(): Promise<Row[]> {
  await using stack = new AsyncDisposableStack();
  const root = await mkdtemp(join(tmpdir(), 'tiphys-history-'));
  stack.defer(() => rm(root, { recursive: true, force: true }));
  const server = stack.use(await startGitServer({ root }));
  const { path, url } = await server.createRepository('deploy', { files: new Map([['README.md', '']]) });
  await grow(path);
  const clone = join(root, 'clone');
  await run('git', ['clone', '--quiet', '--bare', url, clone]);
  const whole = await packBytes(clone);
  const state = join(root, 'state');
  const rows: Row[] = [
    { what: `a bare clone of ${COMMITS} commits over ${FILES} files (floor)`, value: kilobytes(whole) },
  ];
  for (const [what, ...asked] of [
    ['the newest 10 changes by `tiphys history`', '--limit', '10'],
    ['then the newest 100', '--limit', '100'],
    ['then all of them', '--limit', '100000'],
  ] as const) {
    const args = [TIPHYS, 'history', '--repo', url, '--state-dir', state, ...asked];
    const began = performance.now();
    await run(process.execPath, args, { maxBuffer: 64 * 1024 * 1024 });
    const seconds = ((performance.now() - began) / 1000).toFixed(1);
    const bytes = await packBytes(state);
    rows.push({ what, value: `${kilobytes(bytes)}, ${seconds} s`, ratio: `1/${Math.round(whole / bytes)}` });
  }
  return rows;
}

/**
 * A linear history, one commit a minute, each with another content of one file.
 * @param files  that are there from the beginning
 */
export async function grow(path: string, files: ReadonlyMap<string, string> = new Map()): Promise<void> {
  const child = spawn('git', ['fast-import', '--quiet', '--force'], {
    cwd: path,
    stdio: ['pipe', 'ignore', 'inherit'],
  });
  const closed = once(child, 'close');
  for (let index = 0; index < COMMITS; index += 1) {
    const at = `Bot <bot@example.com> ${1_700_000_000 + index * 60} +0000`;
    const trailer = `Tiphys-Change: argocd/app-${index % FILES} web ghcr.io/acme/web 1.0.${index} 1.0.${index + 1} a.yaml`;
    const message = index % OURS === 0 ? `Update\n\n${trailer}\n` : `Somebody else's commit ${index}\n`;
    const text = Array.from({ length: FILE_BYTES / 10 }, () => Math.random().toString(36).slice(2, 11)).join('\n');
    const file = inline(`apps/${index % 50}/file-${index % FILES}.yaml`, text);
    const commit = `commit refs/heads/main\nauthor ${at}\ncommitter ${at}\ndata ${message.length}\n${message}`;
    const first = index === 0 ? [...files].map(([name, content]) => inline(name, content)).join('') : '';
    if (!child.stdin.write(`${commit}${first}${file}`)) await once(child.stdin, 'drain');
  }
  child.stdin.end();
  await closed;
}

function inline(path: string, text: string): string {
  return `M 100644 inline ${path}\ndata ${text.length}\n${text}\n`;
}

async function packBytes(folder: string): Promise<number> {
  const names = (await readdir(folder, { recursive: true })).filter((name) => name.endsWith('.pack'));
  const sizes = await Promise.all(names.map(async (name) => (await stat(join(folder, name))).size));
  return sizes.reduce((sum, size) => sum + size, 0);
}

function kilobytes(bytes: number): string {
  return `${Math.round(bytes / 1000)} kB`;
}
