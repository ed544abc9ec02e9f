import { lstat, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Failure } from '../core/failure.ts';

/** Files that only this user can read, and that go away with this object. */
export interface PrivateFiles extends AsyncDisposable {
  /** Absolute, by name, without any character that a shell or ssh would take for something else. */
  readonly paths: ReadonlyMap<string, string>;
}

const WITH_SECRETS = 'tiphys-private-';
const WITHOUT = 'tiphys-aside-';
const ABANDONED_MS = 60 * 60_000;

/** An empty folder that only this user can enter, and that goes away with this object. */
export interface PrivateFolder extends AsyncDisposable {
  readonly path: string;
}

/** For what is no secret itself. */
export function makeFolderAside(): Promise<PrivateFolder> {
  return makeFolder(WITHOUT);
}

async function makeFolder(prefix: string): Promise<PrivateFolder> {
  const path = await mkdtemp(join(tmpdir(), prefix));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}

/** What git and ssh take only from files. Nothing is made where there is nothing to write. */
export async function writePrivateFiles(contents: ReadonlyMap<string, string>): Promise<PrivateFiles> {
  const paths = new Map<string, string>();
  if (contents.size === 0) return { paths, [Symbol.asyncDispose]: async () => undefined };
  if (!/^[\w.+/-]+$/.test(tmpdir())) throw oddFolder(tmpdir());
  await using stack = new AsyncDisposableStack();
  const folder = stack.use(await makeFolder(WITH_SECRETS));
  for (const [name, content] of contents) {
    const path = join(folder.path, name);
    await writeFile(path, content, { mode: 0o600, flag: 'wx' });
    paths.set(name, path);
  }
  const kept = stack.move();
  return { paths, [Symbol.asyncDispose]: () => kept.disposeAsync() };
}

/** Removes what processes that were killed have left: no command of git lives for an hour. */
export async function removeAbandonedFiles(): Promise<void> {
  const place = tmpdir();
  const names = await readdir(place).catch(() => []);
  for (const name of names.filter((one) => one.startsWith(WITH_SECRETS) || one.startsWith(WITHOUT))) {
    const folder = join(place, name);
    const stats = await lstat(folder).catch(() => undefined);
    if (stats?.uid !== process.getuid?.() || !stats?.isDirectory()) continue;
    if (Date.now() - stats.mtimeMs > ABANDONED_MS) await rm(folder, { recursive: true, force: true });
  }
}

function oddFolder(place: string): Failure {
  return new Failure('CREDENTIALS_INVALID', `keys cannot be handed to ssh and git in ${place}, for its name`, {
    fix: 'let TMPDIR name a folder with letters, digits, "-", "_" and "." only',
  });
}
