import { decodeText } from '../core/edits/text-file.ts';
import { about, Failure } from '../core/failure.ts';
import { describeBranch } from '../core/redact.ts';
import { sealOf } from '../core/sealed-file.ts';
import type { BranchRef, Git, Tree } from '../ports/git.ts';

/** The trees of one cycle: each branch is opened once, however many images ask. */
export type OpenTree = (branch: BranchRef) => Promise<Tree>;

export function treeOpener(git: Git, signal: AbortSignal): OpenTree {
  const trees = new Map<string, Promise<Tree>>();
  return (branch) => {
    const { repoURL, branch: base, writeBranch, secret, project } = branch;
    const key = JSON.stringify([repoURL, base === 'HEAD' ? '' : base, writeBranch, secret, project]);
    const object = describeBranch(repoURL, (writeBranch ?? base) || 'HEAD');
    return trees.getOrInsertComputed(key, () => about(object, git.open(branch, signal)));
  };
}

/** One value for each tree and key, made when it is first asked for; gone with the tree. */
export function perTree<T>(): (tree: Tree, key: string, make: () => Promise<T>) => Promise<T> {
  const made = new WeakMap<Tree, Map<string, Promise<T>>>();
  return (tree, key, make) =>
    made.getOrInsertComputed(tree, () => new Map<string, Promise<T>>()).getOrInsertComputed(key, make);
}

/**
 * The text of a target's file, undefined when there is none.
 * @throws {Failure} TARGET_REFUSED for what is encrypted or lies elsewhere, TARGET_UNREADABLE for what is not UTF-8 text
 */
export async function readTarget(tree: Tree, path: string): Promise<string | undefined> {
  const bytes = await tree.read(path);
  if (bytes === undefined) return undefined;
  const seal = sealOf(bytes);
  if (seal) throw new Failure('TARGET_REFUSED', `${path} is ${seal.what}`, { fix: seal.fix });
  const text = decodeText(bytes);
  if (text.ok) return text.value;
  throw new Failure('TARGET_UNREADABLE', `${path}: ${text.problem}`, {
    fix: 'write the file as UTF-8 text, or name another write-back-target',
  });
}
