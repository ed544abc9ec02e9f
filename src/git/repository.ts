import type { BoundedCache } from '../core/bounded-cache.ts';
import type { StreamedCommit } from '../core/commits/fast-import-stream.ts';
import { Failure } from '../core/failure.ts';
import type { Blob } from './blob-stream.ts';
import { changesOf } from './commit-plan.ts';
import type { LockWait } from './file-lock.ts';
import type { LocalCommands } from './local-commands.ts';
import { isOvergrown, keptRef, type Mirror, readRef, removeRef, writeRef } from './mirror.ts';
import { aborted } from './pause.ts';
import type { PushOutcome } from './push-report.ts';
import type { RemoteCommands } from './remote-commands.ts';
import { changedListing, type TreeListing } from './tree-listing.ts';

/** The branches of a BranchRef, names checked. */
export interface Branches {
  /** Undefined for the remote's default branch. */
  readonly base: string | undefined;
  /** Another branch that is pushed, and read as well once it exists. */
  readonly write: string | undefined;
}

/** What a remote said a moment ago. */
export interface Head {
  /** The branch that was read. */
  readonly branch: string;
  readonly listing: TreeListing;
  /** The branch that is pushed, and the commit it must still be at; undefined: it must not exist yet. */
  readonly target: { readonly branch: string; readonly expected: string | undefined };
}

/** What is written on a head, by whom and when. */
export interface Proposal {
  readonly commits: readonly StreamedCommit[];
  readonly identity: { readonly name: string; readonly email: string };
  readonly at: Date;
  /** Names the ref that holds the commits until they are pushed; no other call may use it. */
  readonly id: string;
}

export interface Published {
  readonly outcome: PushOutcome;
  /** Of the commits, oldest first. */
  readonly ids: readonly string[];
}

/** One remote, reached with one credential, and its mirror. */
export interface Repository {
  /** The repoURL without credentials, for messages. */
  readonly url: string;
  head(signal: AbortSignal): Promise<Head>;
  /** The same after a push that came too late: what has moved for certain is fetched without asking first. */
  movedHead(signal: AbortSignal): Promise<Head>;
  blobs(oids: readonly string[], signal: AbortSignal): Promise<ReadonlyMap<string, Blob>>;
  publish(head: Head, proposal: Proposal, signal: AbortSignal): Promise<Published>;
  /** Whether a push to the head's target would be let in; nothing is pushed. */
  tryPush(head: Head, signal: AbortSignal): Promise<PushOutcome>;
}

export interface RepositoryParts {
  readonly url: string;
  readonly branches: Branches;
  readonly mirror: Mirror;
  readonly local: LocalCommands;
  readonly remote: RemoteCommands;
  /** By id, of any repository. */
  readonly blobs: BoundedCache<Blob>;
  /** By commit, of any repository. */
  readonly listings: BoundedCache<TreeListing>;
  readonly wait: Omit<LockWait, 'signal'>;
}

/**
 * Commits without their files. A mirror of its own: a server that has given us a commit alone believes from then on
 * that we have its trees as well.
 */
export type CommitMirror = Omit<RepositoryParts, 'blobs' | 'listings'>;

export function openRepository(parts: RepositoryParts): Repository {
  const { url, blobs: cache } = parts;
  return {
    url,
    head: (signal) => withMirror(parts, signal, (gitDir) => readHead(parts, gitDir, signal)),
    movedHead: (signal) => withMirror(parts, signal, (gitDir) => readHead(parts, gitDir, signal, true)),
    blobs: async (oids, signal) => {
      const found = new Map<string, Blob>();
      for (const oid of oids) {
        const blob = cache.get(oid);
        if (blob !== undefined) found.set(oid, blob);
      }
      const wanted = oids.filter((oid) => !found.has(oid));
      if (wanted.length === 0) return found;
      const read = await inUse(parts, signal, () =>
        onceMore(
          () => readBlobs(parts, wanted, signal),
          () => renew(parts, signal),
        ),
      );
      for (const [oid, blob] of read) {
        if (blob.kind !== 'too-much') cache.set(oid, blob);
      }
      return new Map([...found, ...read]);
    },
    publish: (head, proposal, signal) =>
      inUse(parts, signal, async () => {
        const published = await publish(parts, head, proposal, signal);
        return await unlessBaseMoved(parts, head, published, signal);
      }),
    tryPush: ({ listing, target }, signal) =>
      inUse(parts, signal, async () =>
        parts.remote.tryPush(await parts.mirror.gitDir(), target.branch, target.expected, listing.commit),
      ),
  };
}

async function publish(
  parts: RepositoryParts,
  { listing, target }: Head,
  { commits, identity, at, id }: Proposal,
  signal: AbortSignal,
): Promise<Published> {
  const { mirror, local, remote, listings } = parts;
  const ref = `refs/tiphys/push/${id}`;
  const stream = { ref, from: listing.commit, identity, at, commits };
  const importAndPush = async () => {
    const gitDir = await mirror.gitDir();
    const ids = await local.importCommits(gitDir, stream, signal);
    await removeRef(gitDir, ref);
    if (signal.aborted) throw aborted();
    const newest = ids.at(-1) ?? listing.commit;
    const outcome = await remote.push(gitDir, target.branch, target.expected, newest);
    if (outcome.kind === 'failed' && mayBeTheMirror(outcome.failure)) throw outcome.failure;
    if (outcome.kind === 'pushed') {
      // The mirror has all of it already: an idle pass afterwards need neither fetch nor list what we wrote.
      await writeRef(gitDir, keptRef(target.branch), newest);
      listings.set(newest, changedListing(listing, newest, changesOf(commits, newest)));
    }
    return { outcome, ids };
  };
  return await onceMore(importAndPush, async () => {
    await renew(parts, signal);
    await withMirror(parts, signal, (gitDir) => readHead(parts, gitDir, signal));
  });
}

/**
 * A branch that is made on another one's head cannot be pushed once that one was rewritten: the server may have let go
 * of what it is made on, and wants what is not all here. It words that in many ways, so that it is asked where the base
 * is now.
 */
export async function unlessBaseMoved(
  { mirror, remote }: RepositoryParts,
  { branch, listing, target }: Head,
  published: Published,
  signal: AbortSignal,
): Promise<Published> {
  if (published.outcome.kind !== 'failed' || target.expected === listing.commit) return published;
  const { commits } = await remote.listHeads(await mirror.gitDir(), [refOf(branch)], signal);
  if (commits.get(refOf(branch)) === listing.commit) return published;
  return { outcome: { kind: 'raced', reason: `${branch} has moved` }, ids: [] };
}

/** What the remote says now. Under the lock. */
async function readHead(parts: RepositoryParts, gitDir: string, signal: AbortSignal, hasMoved = false): Promise<Head> {
  const { mirror, local, remote, listings } = parts;
  const { branch, listed, target } = await chooseBranch(parts, gitDir, hasMoved, signal);
  const kept = await readRef(gitDir, keptRef(branch));
  const isCurrent = kept !== undefined && kept === listed;
  const fetched = isCurrent ? kept : await remote.fetchBranch(gitDir, branch, mirror.partial, signal);
  if (fetched === undefined) return await readHeadAnew(parts, signal);
  const known = kept === undefined ? undefined : listings.get(kept);
  const list = known === undefined ? local.listTree : local.listTreeFrom.bind(undefined, known);
  const listing = listings.get(fetched) ?? (await list(gitDir, fetched, signal));
  listings.set(fetched, listing);
  return { branch, listing, target: { branch: target, expected: target === branch ? fetched : undefined } };
}

/** In a mirror with the other hash. Under the lock. */
async function readHeadAnew(parts: RepositoryParts, signal: AbortSignal): Promise<Head> {
  const { mirror, url } = parts;
  if (mirror.hash === 'sha256') throw otherHash(url);
  mirror.hash = 'sha256';
  await mirror.renew();
  return await readHead(parts, await mirror.gitDir(), signal);
}

/** Blobs from the mirror, the missing ones fetched into it in one request. */
async function readBlobs(
  parts: RepositoryParts,
  oids: readonly string[],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, Blob>> {
  const { url, mirror, local, remote } = parts;
  const gitDir = await mirror.gitDir();
  const here = await local.readBlobs(gitDir, oids, signal);
  const missing = oids.filter((oid) => !here.has(oid));
  if (missing.length === 0) return here;
  if (mirror.partial && (await remote.fetchBlobs(gitDir, missing, signal))) {
    const fetched = await local.readBlobs(gitDir, missing, signal);
    // Git does not replace a damaged pack by a whole one of the same name.
    if (fetched.size < missing.length) throw notSent(url, missing.length - fetched.size);
    return new Map([...here, ...fetched]);
  }
  mirror.partial = false;
  await renew(parts, signal);
  await withMirror(parts, signal, (gitDir) => readHead(parts, gitDir, signal));
  return await local.readBlobs(await mirror.gitDir(), oids, signal);
}

/** Works on the present mirror under its lock; on a new one when it is overgrown, or has failed by itself. */
export function withMirror<T>(
  parts: CommitMirror,
  signal: AbortSignal,
  work: (gitDir: string) => Promise<T>,
): Promise<T> {
  const { mirror } = parts;
  return exclusively(parts, signal, async () => {
    if (await isOvergrown(await mirror.gitDir())) await mirror.renew();
    return await onceMore(
      async () => await work(await mirror.gitDir()),
      () => mirror.renew(),
    );
  });
}

/** Runs `work` under the lock of the mirror. */
export function exclusively<T>(parts: CommitMirror, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
  const { mirror, wait } = parts;
  return inUse(parts, signal, () => mirror.exclusively({ ...wait, signal }, work));
}

/** Runs `work`, which reads or adds objects, beside others. */
export function inUse<T>({ mirror, wait }: CommitMirror, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
  return mirror.inUse({ ...wait, signal }, work);
}

function renew(parts: RepositoryParts, signal: AbortSignal): Promise<void> {
  return exclusively(parts, signal, () => parts.mirror.renew());
}

interface Choice {
  readonly branch: string;
  /** Its commit on the remote now; undefined when the remote was not asked. */
  readonly listed: string | undefined;
  readonly target: string;
}

/**
 * Which branch to read. Asking the remote costs less than fetching when nothing has changed, and is the only way to
 * learn of a default or write branch; a plain branch that has moved, or that the mirror does not know yet, is fetched
 * without asking.
 */
async function chooseBranch(
  parts: RepositoryParts,
  gitDir: string,
  hasMoved: boolean,
  signal: AbortSignal,
): Promise<Choice> {
  const { base, write } = parts.branches;
  if (base !== undefined && write === undefined) {
    const isNews = hasMoved || (await readRef(gitDir, keptRef(base))) === undefined;
    if (isNews) return { branch: base, listed: undefined, target: base };
  }
  const baseRef = base === undefined ? 'HEAD' : refOf(base);
  const refs = write === undefined ? [baseRef] : [baseRef, refOf(write)];
  const { defaultBranch, commits } = await parts.remote.listHeads(gitDir, refs, signal);
  const written = write === undefined ? undefined : commits.get(refOf(write));
  if (write !== undefined && written !== undefined) return { branch: write, listed: written, target: write };
  const branch = base ?? defaultBranch;
  const listed = commits.get(baseRef);
  if (branch === undefined || listed === undefined) throw branchNotFound(parts.url, base);
  return { branch, listed, target: write ?? branch };
}

/** A branch's full name. */
export function refOf(branch: string): string {
  return `refs/heads/${branch}`;
}

/** Does it again on a new mirror, once, when the old one may be damaged. */
async function onceMore<T>(work: () => Promise<T>, renew: () => Promise<unknown>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!mayBeTheMirror(error)) throw error;
    await renew();
    return await work();
  }
}

/** A failure that names no cause in the world outside. */
function mayBeTheMirror(error: unknown): boolean {
  return error instanceof Failure && error.code === 'GIT_FAILED';
}

function otherHash(url: string): Failure {
  return new Failure('GIT_FAILED', `${url} names its objects by a hash that is not supported`, {
    fix: 'use a repository of SHA-1 or SHA-256',
  });
}

function notSent(url: string, count: number): Failure {
  return new Failure('GIT_FAILED', `${url} did not send the content of ${count} files`, {
    fix: 'check the repository on its server with `git fsck`',
    retry: { kind: 'backoff' },
  });
}

export function branchNotFound(url: string, branch: string | undefined): Failure {
  const what = branch === undefined ? 'default branch' : `branch ${branch}`;
  return new Failure('GIT_BRANCH_NOT_FOUND', `${url} has no ${what}`, {
    fix: 'name an existing branch (targetRevision, git-branch, --branch)',
  });
}
