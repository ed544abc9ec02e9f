import { Failure } from '../core/failure.ts';
import type { Tree } from '../ports/git.ts';
import type { Blob } from './blob-stream.ts';
import { locate, obstacle, type TreeEntry, type TreeListing } from './tree-listing.ts';

/** What may be asked about blobs; all ids of one call travel together. Ids that nobody has are left out. */
export type ReadBlobs = (oids: readonly string[]) => Promise<ReadonlyMap<string, Blob>>;

/** Where a write to a path ends, symbolic links followed. */
interface WritePlace {
  readonly path: string;
  /** What is there now; undefined for a new file. */
  readonly entry: TreeEntry | undefined;
}

export interface OpenTree extends Tree {
  readonly listing: TreeListing;
  /**
   * @throws {Failure} TARGET_OUTSIDE_REPOSITORY, and TARGET_REFUSED where a folder is, or a file in the place of one
   */
  placeToWrite(path: string): Promise<WritePlace>;
}

/** @param url the repoURL without credentials, for messages */
export function openTree(listing: TreeListing, branch: string, url: string, readBlobs: ReadBlobs): OpenTree {
  const load = batched(readBlobs);
  const targets = new Map<string, string>();

  const find = async (path: string) => {
    for (;;) {
      const place = locate(listing, targets, path);
      if (place.kind === 'outside') throw outside(path, place.why, url);
      if (place.kind !== 'link') return place;
      const blob = await load(place.oid);
      targets.set(place.oid, Buffer.from(contentOf(blob, path, url)).toString());
    }
  };

  return {
    commit: listing.commit,
    branch,
    listing,
    paths: listing.paths,
    read: async (path) => {
      // What git lists as a file is one, whatever its name: nothing needs to be followed.
      const entry = listing.files.get(path) ?? (await find(path)).entry;
      return entry === undefined ? undefined : contentOf(await load(entry.oid), path, url);
    },
    placeToWrite: async (path) => {
      const { path: place, entry } = await find(path);
      const why = entry === undefined ? obstacle(listing, place) : undefined;
      if (why === undefined) return { path: place, entry };
      throw new Failure('TARGET_REFUSED', `${path} cannot be written in ${url}: ${why}`, {
        fix: 'name a file in write-back-target',
      });
    },
  };
}

/** Gathers what is asked for in one turn of the event loop into one call. */
function batched(readBlobs: ReadBlobs): (oid: string) => Promise<Blob | undefined> {
  let batch: { readonly oids: Set<string>; readonly blobs: Promise<ReadonlyMap<string, Blob>> } | undefined;
  const startBatch = () => {
    const oids = new Set<string>();
    const blobs = new Promise<ReadonlyMap<string, Blob>>((resolve, reject) => {
      setImmediate(() => {
        batch = undefined;
        readBlobs([...oids]).then(resolve, reject);
      });
    });
    return { oids, blobs };
  };
  return async (oid) => {
    batch ??= startBatch();
    batch.oids.add(oid);
    return (await batch.blobs).get(oid);
  };
}

function contentOf(blob: Blob | undefined, path: string, url: string): Uint8Array {
  if (blob?.kind === 'bytes') return blob.bytes;
  if (blob?.kind === 'too-large') {
    throw new Failure('TARGET_UNREADABLE', `${path} in ${url} is larger than 10 MiB`, {
      fix: 'let write-back-target name the file that states the version; such a large one is none',
    });
  }
  if (blob?.kind === 'too-much') {
    throw new Failure('TARGET_UNREADABLE', `${path} in ${url} was asked for together with more than 256 MiB`, {
      fix: 'let the Application use fewer or smaller files',
    });
  }
  throw new Failure('GIT_FAILED', `${url} did not send the content of ${path}`, {
    fix: 'check the repository on its server with `git fsck`',
    retry: { kind: 'backoff' },
  });
}

function outside(path: string, why: string, url: string): Failure {
  return new Failure('TARGET_OUTSIDE_REPOSITORY', `${path} is not inside ${url}: ${why}`, {
    fix: 'let write-back-target name a file inside the repository',
  });
}
