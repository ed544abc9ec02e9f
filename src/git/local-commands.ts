import { type CommitStream, fastImportStream } from '../core/commits/fast-import-stream.ts';
import { type Blob, blobStream } from './blob-stream.ts';
import { type CommitRecord, LOG_FORMAT, parseLog } from './commit-log.ts';
import { localEnvironment } from './environment.ts';
import { type ErrorContext, gitFailure } from './git-errors.ts';
import type { GitCommand, GitExit, GitProcesses } from './processes.ts';
import type { SignCommits } from './signing.ts';
import { changedListing, parseChanges, parseTree, type TreeListing } from './tree-listing.ts';

/** The commands that work on a mirror and talk to nobody. All throw GIT_FAILED when the mirror is damaged. */
export interface LocalCommands {
  listTree(gitDir: string, commit: string, signal: AbortSignal): Promise<TreeListing>;
  /** The same by way of what is known of another commit: much less work when few of many files differ. */
  listTreeFrom(known: TreeListing, gitDir: string, commit: string, signal: AbortSignal): Promise<TreeListing>;
  /** Those that the mirror has; none is fetched. */
  readBlobs(gitDir: string, oids: readonly string[], signal: AbortSignal): Promise<ReadonlyMap<string, Blob>>;
  /** Writes commits, signs them if asked to, and returns their ids, oldest first. */
  importCommits(gitDir: string, stream: CommitStream, signal: AbortSignal): Promise<readonly string[]>;
  /** Some of the commits that one reaches, newest first. */
  log(
    gitDir: string,
    head: string,
    page: { readonly skip: number; readonly most: number },
    signal: AbortSignal,
  ): Promise<readonly CommitRecord[]>;
  /** All commits that some reach, as far as the mirror knows, with the parents of each. */
  history(gitDir: string, commits: readonly string[], signal: AbortSignal): Promise<History>;
  /** What these very commits say, in this order; at most 1,000. */
  readCommits(gitDir: string, commits: readonly string[], signal: AbortSignal): Promise<readonly CommitRecord[]>;
}

/** Parents by commit; a commit whose parents were not fetched has none. */
export type History = ReadonlyMap<string, readonly string[]>;

const MOST_BLOB_BYTES = 10 * 1024 * 1024;
const MOST_BATCH_BYTES = 256 * 1024 * 1024;

export function localCommands(
  processes: GitProcesses,
  env: Readonly<Record<string, string | undefined>>,
  timeoutMs: number,
  context: ErrorContext,
  sign?: SignCommits,
): LocalCommands {
  const run = async (gitDir: string, command: Omit<GitCommand, 'env' | 'timeoutMs' | 'about'>): Promise<GitExit> => {
    const exit = await processes.run({ ...command, env: localEnvironment(env, gitDir), timeoutMs, about: context.url });
    if (exit.code !== 0) throw gitFailure(exit.stderr, context);
    return exit;
  };
  return {
    listTree: async (gitDir, commit, signal) => {
      const { stdout } = await run(gitDir, { args: ['ls-tree', '-r', '-z', '--full-tree', commit], signal });
      return parseTree(commit, stdout);
    },
    listTreeFrom: async (known, gitDir, commit, signal) => {
      const args = ['diff-tree', '-r', '-z', '--raw', '--no-renames', '--no-abbrev', '--ignore-submodules=none'];
      const { stdout } = await run(gitDir, { args: [...args, known.commit, commit], signal });
      return changedListing(known, commit, parseChanges(stdout));
    },
    readBlobs: async (gitDir, oids, signal) => {
      const { blobs, push } = blobStream(MOST_BLOB_BYTES, MOST_BATCH_BYTES);
      // The mirror's own configuration names no promisor, so that a missing blob is reported, not fetched.
      const input = Buffer.from(oids.map((oid) => `${oid}\n`).join(''));
      await run(gitDir, { args: ['cat-file', '--batch', '--buffer'], input, onOutput: push, signal });
      return blobs;
    },
    importCommits: async (gitDir, stream, signal) => {
      const args = ['fast-import', '--quiet', '--force', '--date-format=raw'];
      const { stdout } = await run(gitDir, { args, input: fastImportStream(stream), signal });
      const ids = stdout.toString().trim().split('\n');
      return sign === undefined ? ids : await sign(gitDir, ids, stream, signal);
    },
    log: async (gitDir, head, { skip, most }, signal) => {
      const args = ['log', ...LOG_FORMAT, `--skip=${skip}`, `--max-count=${most}`, head, '--'];
      return parseLog((await run(gitDir, { args, signal })).stdout);
    },
    history: async (gitDir, commits, signal) => {
      const { stdout } = await run(gitDir, { args: ['rev-list', '--parents', ...commits, '--'], signal });
      const lines = stdout.toString().split('\n');
      return new Map(lines.filter((line) => line !== '').map(parseHistoryLine));
    },
    readCommits: async (gitDir, commits, signal) => {
      if (commits.length === 0) return [];
      const { stdout } = await run(gitDir, {
        args: ['log', '--no-walk=unsorted', ...LOG_FORMAT, ...commits, '--'],
        signal,
      });
      return parseLog(stdout);
    },
  };
}

function parseHistoryLine(line: string): readonly [string, readonly string[]] {
  const [commit = '', ...parents] = line.split(' ');
  return [commit, parents];
}
