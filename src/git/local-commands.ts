import { type CommitStream, fastImportStream } from '../core/fast-import-stream.ts';
import { type Blob, blobStream } from './blob-stream.ts';
import { type CommitRecord, LOG_FORMAT, parseLog } from './commit-log.ts';
import { localEnvironment } from './environment.ts';
import { type ErrorContext, gitFailure } from './git-errors.ts';
import type { GitCommand, GitExit, GitProcesses } from './processes.ts';
import type { SignCommits } from './signing.ts';
import { parseTree, type TreeListing } from './tree-listing.ts';

/** The commands that work on a mirror and talk to nobody. All throw GIT_FAILED when the mirror is damaged. */
export interface LocalCommands {
  listTree(gitDir: string, commit: string, signal: AbortSignal): Promise<TreeListing>;
  /** Those that the mirror has; none is fetched. */
  readBlobs(gitDir: string, oids: readonly string[], signal: AbortSignal): Promise<ReadonlyMap<string, Blob>>;
  /** Writes commits, signs them if asked to, and returns their ids, oldest first. */
  importCommits(gitDir: string, stream: CommitStream, signal: AbortSignal): Promise<readonly string[]>;
  /** Commits that are reached from some and not from those with a "^" before them, newest first. */
  log(gitDir: string, page: LogPage, signal: AbortSignal): Promise<readonly CommitRecord[]>;
}

export interface LogPage {
  /** Object ids. */
  readonly commits: readonly string[];
  readonly most: number;
  /** Default: 0. */
  readonly skip?: number;
}

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
    log: async (gitDir, { commits, most, skip = 0 }, signal) => {
      const args = ['log', ...LOG_FORMAT, `--max-count=${most}`, `--skip=${skip}`, ...commits, '--'];
      const { stdout } = await run(gitDir, { args, signal });
      return parseLog(stdout);
    },
  };
}
