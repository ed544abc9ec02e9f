import { LeaseHolder } from './lease-holder.ts';
import { LEADER_LEASE, type PostKind, postLease } from './lease-names.ts';
import { shareOf } from './shares.ts';
import { type HeldWork, serveTerm, slept, type TermSurroundings, told } from './term.ts';

/** Tries of several replicas spread over so much more than the pause between them. */
const JITTER = 0.2;

export interface LeaseOptions extends TermSurroundings {
  /** Where the Leases are kept. */
  readonly namespace: string;
}

/** A Lease that this process may take, and what it does while it holds it. */
interface Post {
  readonly shard: number;
  readonly holder: LeaseHolder;
  readonly work: HeldWork;
  /** While it is held, or while the work under it has not ended. */
  term?: { readonly giveUp: AbortController; readonly ended: Promise<void> };
}

/**
 * Works while this replica is the leader, again each time that it becomes it, until the signal aborts or the work ends by
 * itself; the lease is released then.
 * @throws  what the work throws
 */
export async function runWhileLeading(options: LeaseOptions, work: HeldWork, signal: AbortSignal): Promise<void> {
  const post = {
    shard: 0,
    holder: new LeaseHolder({ namespace: options.namespace, name: LEADER_LEASE }, options),
    work,
  };
  await runPosts(options, { shards: [post], seats: [] }, signal);
}

/**
 * Works on each shard that this replica holds: its fair share among the replicas that live, each of which holds a seat.
 * There are as many seats as shards; replicas beyond that stand by. Ends as `runWhileLeading` does.
 * @param shards  2 or more, the same for all replicas
 */
export async function runShards(
  options: LeaseOptions & { readonly shards: number },
  work: HeldWork,
  signal: AbortSignal,
): Promise<void> {
  const { namespace, shards } = options;
  const posts = (kind: PostKind, done: HeldWork): readonly Post[] =>
    Array.from({ length: shards }, (_, shard) => {
      const name = postLease(kind, shard, shards);
      return { shard, holder: new LeaseHolder({ namespace, name }, options), work: done };
    });
  await runPosts(options, { shards: posts('shard', work), seats: posts('seat', sit) }, signal);
}

/** A seat is held for being seen. */
async function sit({ signal }: { readonly signal: AbortSignal }): Promise<void> {
  await new Promise<void>((left) => {
    if (signal.aborted) left();
    else signal.addEventListener('abort', () => left(), { once: true });
  });
}

interface Posts {
  readonly shards: readonly Post[];
  /** None when there is but one shard, which goes to whoever is first. */
  readonly seats: readonly Post[];
}

async function runPosts(options: LeaseOptions, posts: Posts, signal: AbortSignal): Promise<void> {
  const ended = new AbortController();
  const stop = AbortSignal.any([signal, ended.signal]);
  const errors: unknown[] = [];

  function begin(post: Post): void {
    const giveUp = new AbortController();
    const terms = { shard: post.shard, giveUp: AbortSignal.any([stop, giveUp.signal]) };
    const term = serveTerm(post.holder, terms, post.work, options)
      .then((end) => {
        if (end === 'done') ended.abort();
      })
      .catch((error: unknown) => {
        errors.push(error);
        ended.abort();
      })
      .finally(() => {
        delete post.term;
      });
    post.term = { giveUp, ended: term };
  }

  /** Takes one of these posts, if it is still to be had. */
  async function take(post: Post): Promise<void> {
    if ((await told(options, (until) => post.holder.claim(until))) === true) begin(post);
  }

  async function seek(): Promise<void> {
    const free = await freeOf(options, [...posts.shards, ...posts.seats]);
    const [vacant] = posts.seats.filter((seat) => free.has(seat));
    if (vacant !== undefined && posts.seats.every(({ term }) => term === undefined)) await take(vacant);
    const share = shareNow(posts, free);
    const held = posts.shards.filter(({ term }) => term !== undefined && !term.giveUp.signal.aborted);
    for (const { term } of held.slice(share)) term?.giveUp.abort();
    const wanted = posts.shards.filter((post) => free.has(post)).slice(0, Math.max(0, share - held.length));
    await Promise.all(wanted.map(take));
  }

  while (!stop.aborted) {
    await seek();
    await slept(options, options.timing.retryMs * (1 + JITTER * options.clock.random()), stop);
  }
  await Promise.all([...posts.shards, ...posts.seats].map(({ term }) => term?.ended));
  if (errors.length > 0) throw errors[0];
}

/** The posts that nobody holds. Of one that cannot be read nothing is known. */
async function freeOf(options: LeaseOptions, posts: readonly Post[]): Promise<ReadonlySet<Post>> {
  const looked = posts
    .filter(({ term }) => term === undefined)
    .map(async (post) => ((await told(options, (until) => post.holder.look(until))) === 'free' ? [post] : []));
  return new Set((await Promise.all(looked)).flat());
}

/** How many shards this replica should hold by the seats that are taken. */
function shareNow({ shards, seats }: Posts, free: ReadonlySet<Post>): number {
  if (seats.length === 0) return shards.length;
  const taken = seats.filter((seat) => seat.term !== undefined || !free.has(seat));
  const rank = taken.findIndex(({ term }) => term !== undefined);
  return rank < 0 ? 0 : shareOf(rank, taken.length, shards.length);
}
