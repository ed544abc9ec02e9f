import { createHash } from 'node:crypto';
import type { StreamedCommit } from '../core/commits/fast-import-stream.ts';
import type { CommitDraft } from '../ports/git.ts';
import type { OpenTree } from './tree.ts';
import type { TreeChange } from './tree-listing.ts';

/**
 * The commits that are left of some drafts: files that say it already are left out, whether the tree or a draft before
 * says it, and so are drafts without a file. Symbolic links are written through, and a script stays executable.
 */
export async function planCommits(tree: OpenTree, drafts: readonly CommitDraft[]): Promise<readonly StreamedCommit[]> {
  const written = new Map<string, string>();
  const commits: StreamedCommit[] = [];
  for (const { files: wanted, message, author } of drafts) {
    const files = [];
    for (const [asked, bytes] of wanted) {
      const { path, entry } = await tree.placeToWrite(asked);
      const oid = blobId(bytes, tree.commit);
      if ((written.get(path) ?? entry?.oid) === oid) continue;
      written.set(path, oid);
      files.push({ path, mode: entry?.mode === '100755' ? '100755' : '100644', bytes });
    }
    if (files.length > 0) commits.push({ message, files, ...(author === undefined ? {} : { author }) });
  }
  return commits;
}

/** What commits have changed, the newest of them last. @param otherId as for `blobId` */
export function changesOf(commits: readonly StreamedCommit[], otherId: string): readonly TreeChange[] {
  const files = commits.flatMap((commit) => commit.files);
  return files.map(({ path, mode, bytes }) => [path, { mode, oid: blobId(bytes, otherId) }]);
}

/** Git's id of a blob; the length of any other id of the repository tells its hash. */
function blobId(bytes: Uint8Array, otherId: string): string {
  const hash = createHash(otherId.length === 64 ? 'sha256' : 'sha1');
  return hash.update(`blob ${bytes.length}\0`).update(bytes).digest('hex');
}
