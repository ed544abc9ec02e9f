import { resolveInRepository } from '../core/repository-path.ts';

export interface TreeEntry {
  /** "100644" or "100755". */
  readonly mode: string;
  readonly oid: string;
}

/** Everything below one commit's root, by path. */
export interface TreeListing {
  /** Object id of the commit. */
  readonly commit: string;
  readonly files: ReadonlyMap<string, TreeEntry>;
  /** Symbolic links: path to the id of the blob that holds the target. */
  readonly links: ReadonlyMap<string, string>;
  readonly submodules: ReadonlySet<string>;
  /** The paths of `files`, in git's order: by their bytes. */
  readonly paths: readonly string[];
}

/** Reads the output of `git ls-tree -r -z`. Names that are not UTF-8 are left out: nobody can ask for them. */
export function parseTree(commit: string, output: Uint8Array): TreeListing {
  const files = new Map<string, TreeEntry>();
  const links = new Map<string, string>();
  const submodules = new Set<string>();
  const text = Buffer.from(output.buffer, output.byteOffset, output.byteLength).toString();
  for (let start = 0; start < text.length; ) {
    const end = text.indexOf('\0', start);
    const tab = text.indexOf('\t', start);
    if (end < 0 || tab < 0) break;
    const mode = text.slice(start, start + 6);
    const oid = text.slice(text.lastIndexOf(' ', tab) + 1, tab);
    const path = text.slice(tab + 1, end);
    start = end + 1;
    if (path.includes('\ufffd')) continue;
    if (mode === '120000') links.set(path, oid);
    else if (mode === '160000') submodules.add(path);
    else files.set(path, { mode, oid });
  }
  return { commit, files, links, submodules, paths: [...files.keys()] };
}

/** Where a path ends once its symbolic links are followed. */
export type Place =
  | { readonly kind: 'file'; readonly path: string; readonly entry: TreeEntry }
  | { readonly kind: 'absent'; readonly path: string; readonly entry?: undefined }
  /** The target of this link must be known first. */
  | { readonly kind: 'link'; readonly oid: string }
  | { readonly kind: 'outside'; readonly why: string };

const MOST_LINKS = 40;

/**
 * Follows a path through the tree as the operating system would, the links in the middle of it included.
 * @param targets what the links say, as far as known, by the id of their blobs
 */
export function locate(listing: TreeListing, targets: ReadonlyMap<string, string>, asked: string): Place {
  const cleaned = resolveInRepository('', asked);
  if (!cleaned.ok) return { kind: 'outside', why: cleaned.problem };
  const pending = cleaned.value.split('/').reverse();
  const walked: string[] = [];
  let followed = 0;
  for (let part = pending.pop(); part !== undefined; part = pending.pop()) {
    if (part === '' || part === '.') continue;
    if (part === '..') {
      if (walked.pop() === undefined) return { kind: 'outside', why: `a symbolic link in ${asked} leads out of it` };
      continue;
    }
    walked.push(part);
    const here = walked.join('/');
    if (listing.submodules.has(here)) return { kind: 'outside', why: `${here} is a submodule: another repository` };
    const link = listing.links.get(here);
    if (link === undefined) continue;
    const target = targets.get(link);
    if (target === undefined) return { kind: 'link', oid: link };
    followed += 1;
    if (followed > MOST_LINKS) return { kind: 'outside', why: `the symbolic links in ${asked} go in a circle` };
    if (target.startsWith('/')) return { kind: 'outside', why: `the symbolic link ${here} leads out of it` };
    walked.pop();
    pending.push(...target.split('/').reverse());
  }
  return placeAt(listing, walked.join('/'));
}

function placeAt(listing: TreeListing, path: string): Place {
  const entry = listing.files.get(path);
  if (entry !== undefined) return { kind: 'file', path, entry };
  if (path === '') return { kind: 'absent', path };
  const reachable = resolveInRepository('', path);
  if (!reachable.ok) return { kind: 'outside', why: reachable.problem };
  return { kind: 'absent', path };
}

/** What stands in the way of creating a file at a path that no file has; undefined when nothing does. */
export function obstacle(listing: TreeListing, path: string): string | undefined {
  for (let slash = path.indexOf('/'); slash >= 0; slash = path.indexOf('/', slash + 1)) {
    const parent = path.slice(0, slash);
    if (listing.files.has(parent)) return `${parent} is a file, not a folder`;
  }
  if (path === '') return "it is the repository's root folder";
  const inside = `${path}/`;
  for (const entries of [listing.files.keys(), listing.links.keys(), listing.submodules.keys()]) {
    if (entries.some((other) => other.startsWith(inside))) return `${path} is a folder, not a file`;
  }
  return undefined;
}
