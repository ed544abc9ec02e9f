import { mkdir, readdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { Environment } from './environment.ts';
import { makeFolderAside } from './private-files.ts';

/** A home without git's configuration; it goes away with this object. */
export interface StandInHome extends AsyncDisposable {
  /** The variables that lead there. */
  readonly env: Readonly<Record<string, string>>;
}

// git-config(1), "FILES".
const IN_HOME = ['.gitconfig', '.config/git/config'];
const IN_XDG = ['git/config'];

/**
 * Folders of links to everything in the user's home and configuration folder but git's configuration: helpers, netrc
 * and ssh find what is theirs. For a git before 2.32, which reads that configuration by no other way than these.
 */
export async function standInHome({ HOME, XDG_CONFIG_HOME }: Environment): Promise<StandInHome> {
  await using stack = new AsyncDisposableStack();
  const { path } = stack.use(await makeFolderAside());
  const env: Record<string, string> = {};
  for (const [name, original, left] of [
    ['HOME', HOME, IN_HOME],
    ['XDG_CONFIG_HOME', XDG_CONFIG_HOME, IN_XDG],
  ] as const) {
    if (!original) continue;
    env[name] = join(path, name);
    await linkAllBut(left, original, join(path, name));
  }
  const kept = stack.move();
  return { env, [Symbol.asyncDispose]: () => kept.disposeAsync() };
}

/** @param left  paths below `from` that have no link */
async function linkAllBut(left: readonly string[], from: string, to: string): Promise<void> {
  await mkdir(to, { mode: 0o700 });
  for (const name of await readdir(from).catch(() => [])) {
    const leftBelow = left.filter((path) => path.startsWith(`${name}/`)).map((path) => path.slice(name.length + 1));
    if (leftBelow.length > 0) await linkAllBut(leftBelow, join(from, name), join(to, name));
    else if (!left.includes(name)) await symlink(join(from, name), join(to, name));
  }
}
