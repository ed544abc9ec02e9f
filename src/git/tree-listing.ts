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

/** What another commit has at a path: any of git's modes; undefined: nothing any more. */
export type TreeChange = readonly [path: string, entry: TreeEntry | undefined];

interface Entries {
  readonly files: Map<string, TreeEntry>;
  readonly links: Map<string, string>;
  readonly submodules: Set<string>;
}

/** Reads the output of `git ls-tree -r -z`. Names that are not UTF-8 are left out: nobody can ask for them. */
export function parseTree(commit: string, output: Uint8Array): TreeListing {
  const entries: Entries = { files: new Map(), links: new Map(), submodules: new Set() };
  const text = textOf(output);
  for (let start = 0; start < text.length; ) {
    const end = text.indexOf('\0', start);
    const tab = text.indexOf('\t', start);
    if (end < 0 || tab < 0) break;
    const mode = text.slice(start, start + 6);
    const oid = text.slice(text.lastIndexOf(' ', tab) + 1, tab);
    const path = text.slice(tab + 1, end);
    start = end + 1;
    if (isUtf8(path)) put(entries, path, { mode, oid });
  }
  return { commit, ...entries, paths: [...entries.files.keys()] };
}

/** Reads the output of `git diff-tree -r -z --raw --no-renames`: a line of modes and ids, then the path. */
export function parseChanges(output: Uint8Array): readonly TreeChange[] {
  const fields = textOf(output).split('\0');
  const changes: TreeChange[] = [];
  for (let index = 0; index + 1 < fields.length; index += 2) {
    const [, mode = '', , oid = '', status] = fields[index]?.split(' ') ?? [];
    const path = fields[index + 1] ?? '';
    if (isUtf8(path)) changes.push([path, status === 'D' ? undefined : { mode, oid }]);
  }
  return changes;
}

/** The listing of a commit that differs from a listed one by some changes; the later of two at one path counts. */
export function changedListing(
  { files, links, submodules, paths }: TreeListing,
  commit: string,
  changes: readonly TreeChange[],
): TreeListing {
  const entries: Entries = { files: new Map(files), links: new Map(links), submodules: new Set(submodules) };
  for (const [path, entry] of changes) {
    entries.files.delete(path);
    entries.links.delete(path);
    entries.submodules.delete(path);
    if (entry !== undefined) put(entries, path, entry);
  }
  const touched = [...new Set(changes.map(([path]) => path))];
  const added = touched.filter((path) => entries.files.has(path) && !files.has(path));
  const hasLost = touched.some((path) => files.has(path) && !entries.files.has(path));
  const kept = hasLost ? paths.filter((path) => entries.files.has(path)) : paths;
  return { commit, ...entries, paths: added.length === 0 ? kept : [...kept, ...added].sort(byBytes) };
}

function put({ files, links, submodules }: Entries, path: string, entry: TreeEntry): void {
  if (entry.mode === '120000') links.set(path, entry.oid);
  else if (entry.mode === '160000') submodules.add(path);
  else files.set(path, entry);
}

function textOf(output: Uint8Array): string {
  return Buffer.from(output.buffer, output.byteOffset, output.byteLength).toString();
}

function isUtf8(path: string): boolean {
  return !path.includes('\ufffd');
}

/** The order of UTF-8, which is that of JavaScript's strings but for characters that take two units of theirs. */
function byBytes(one: string, other: string): number {
  if (SURROGATE.test(one) || SURROGATE.test(other)) return Buffer.compare(Buffer.from(one), Buffer.from(other));
  return one < other ? -1 : Number(one > other);
}

const SURROGATE = /[\ud800-\udfff]/;

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
