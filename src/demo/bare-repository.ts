import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFile, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fastImportStream } from '../core/commits/fast-import-stream.ts';

/** The text or bytes of a plain file, the text of a script, or the target of a symbolic link. */
export type FileContent = string | Uint8Array | { readonly executable: string } | { readonly link: string };

export interface RepositoryContent {
  /** By path from the repository's root. */
  readonly files: ReadonlyMap<string, FileContent>;
  /** Default: main. */
  readonly branch?: string;
  /** Whether clients may leave blobs out of a fetch. Default: true. */
  readonly allowFilter?: boolean;
}

const IDENTITY = { name: 'demo', email: 'demo@tiphys.example' };
const TIMEOUT_MS = 60_000;

/** Makes a bare repository with one commit on one branch, which is also its default branch. */
export async function createBareRepository(path: string, content: RepositoryContent): Promise<void> {
  const branch = content.branch ?? 'main';
  await mkdir(path, { recursive: true });
  await git(path, ['init', '--quiet', '--bare', '--initial-branch', branch, '.']);
  await appendFile(join(path, 'config'), `[uploadpack]\n\tallowFilter = ${content.allowFilter ?? true}\n`);
  const files = [...content.files].map(([name, file]) => ({ path: name, ...fileWrite(file) }));
  const commits = [{ message: 'Begin\n', files }];
  const stream = fastImportStream({ ref: `refs/heads/${branch}`, identity: IDENTITY, at: new Date(), commits });
  await git(path, ['fast-import', '--quiet', '--date-format=raw'], stream);
}

function fileWrite(file: FileContent): { readonly mode: string; readonly bytes: Uint8Array } {
  if (typeof file === 'string') return { mode: '100644', bytes: Buffer.from(file) };
  if (file instanceof Uint8Array) return { mode: '100644', bytes: file };
  if ('link' in file) return { mode: '120000', bytes: Buffer.from(file.link) };
  return { mode: '100755', bytes: Buffer.from(file.executable) };
}

async function git(cwd: string, args: readonly string[], input?: Uint8Array): Promise<void> {
  const child = spawn('git', args, {
    cwd,
    env: {
      PATH: process.env['PATH'] ?? '',
      LC_ALL: 'C',
      HOME: cwd,
      GIT_CONFIG_NOSYSTEM: '1',
      GIT_CONFIG_GLOBAL: '/dev/null',
    },
    stdio: ['pipe', 'ignore', 'pipe'],
    timeout: TIMEOUT_MS,
  });
  const closed = once(child, 'close');
  child.stdin.on('error', () => undefined); // git's exit tells why it stopped listening
  child.stdin.end(input);
  const [complaint] = await Promise.all([Array.fromAsync(child.stderr), closed]);
  if (child.exitCode !== 0) throw new Error(`git ${args[0]}: ${Buffer.concat(complaint).toString().trim()}`);
}
