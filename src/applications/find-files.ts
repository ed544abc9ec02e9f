import type { Dirent } from 'node:fs';
import { readdir, realpath, stat } from 'node:fs/promises';
import { join, resolve, sep } from 'node:path';
import type { Problem } from '../core/failure.ts';
import { unreadable } from './unreadable.ts';

/** A file to be read: where it is, and the name by which a person knows it. */
export interface FoundFile {
  readonly kind: 'file';
  /** The path as given, joined with what lies below a folder. */
  readonly place: string;
  /** Absolute, all links resolved where it is a file. */
  readonly real: string;
  /** Whether the file itself was given, and not a folder that it lies in. */
  readonly isNamed: boolean;
}

export type Found =
  | FoundFile
  | { readonly kind: 'failure'; readonly problem: Problem }
  | { readonly kind: 'warning'; readonly problem: Problem };

interface Folder {
  readonly place: string;
  readonly real: string;
  /** The folder that was given, resolved; nothing outside of it is found. */
  readonly root: string;
  readonly depth: number;
}

const MAX_DEPTH = 64;
const MANIFEST = /\.(?:ya?ml|json)$/;

/**
 * The file at `path`, or every manifest (`*.yaml`, `*.yml`, `*.json`) in the folder at `path` and below, sorted by
 * name; `.git` is left out, and links are followed as long as they stay inside that folder.
 * @param seen real paths met before, which are not found again; this call adds its own
 */
export async function* findFiles(path: string, cwd: string, seen: Set<string>): AsyncGenerator<Found> {
  try {
    const absolute = resolve(cwd, path);
    const given = await stat(absolute);
    // A pipe (`-f <(...)`) has no path of its own that could be resolved.
    const real = given.isDirectory() || given.isFile() ? await realpath(absolute) : absolute;
    if (given.isDirectory()) yield* walk({ place: path, real, root: real, depth: 0 }, seen);
    else yield* once({ kind: 'file', place: path, real, isNamed: true }, seen);
  } catch (error) {
    yield { kind: 'failure', problem: unreadable(path, error, 'give a file or a folder that exists and can be read') };
  }
}

async function* walk(folder: Folder, seen: Set<string>): AsyncGenerator<Found> {
  if (seen.has(folder.real)) return;
  seen.add(folder.real);
  const entries = await readdir(folder.real, { withFileTypes: true });
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    if (entry.name === '.git') continue;
    const place = join(folder.place, entry.name);
    try {
      yield* visit(folder, entry, place, seen);
    } catch (error) {
      yield { kind: 'failure', problem: unreadable(place, error, 'make it readable, or move it out of the folder') };
    }
  }
}

async function* visit(folder: Folder, entry: Dirent, place: string, seen: Set<string>): AsyncGenerator<Found> {
  const real = join(folder.real, entry.name);
  if (entry.isSymbolicLink()) yield* visitLink(folder, real, place, seen);
  else if (entry.isDirectory()) yield* enter(folder, real, place, seen);
  else if (entry.isFile() && MANIFEST.test(place)) yield* once({ kind: 'file', place, real, isNamed: false }, seen);
}

async function* visitLink(folder: Folder, link: string, place: string, seen: Set<string>): AsyncGenerator<Found> {
  const real = await realpath(link).catch(() => undefined);
  if (real === undefined || !isInside(folder.root, real)) {
    const message = real === undefined ? 'the link leads nowhere' : 'the link leads out of the folder: not followed';
    const fix = 'give what it leads to with its own -f, if it is wanted';
    yield { kind: 'warning', problem: { code: 'INPUT_UNREADABLE', object: place, message, fix } };
    return;
  }
  const target = await stat(real);
  if (target.isDirectory()) yield* enter(folder, real, place, seen);
  else if (target.isFile() && MANIFEST.test(place)) yield* once({ kind: 'file', place, real, isNamed: false }, seen);
}

async function* enter(above: Folder, real: string, place: string, seen: Set<string>): AsyncGenerator<Found> {
  if (above.depth === MAX_DEPTH) throw new Error(`it lies more than ${MAX_DEPTH} folders deep`);
  yield* walk({ place, real, root: above.root, depth: above.depth + 1 }, seen);
}

async function* once(file: FoundFile, seen: Set<string>): AsyncGenerator<Found> {
  if (seen.has(file.real)) return;
  seen.add(file.real);
  yield file;
}

function isInside(root: string, path: string): boolean {
  return path === root || path.startsWith(root.endsWith(sep) ? root : root + sep);
}
