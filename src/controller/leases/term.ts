import { Failure } from '../../core/failure.ts';
import type { LeaseHolder, LeaseSurroundings } from './lease-holder.ts';

/** What whoever works under a lease is told of it. */
export interface Hold {
  /** 0 when there is one lease for everything. */
  readonly shard: number;
  /** The lease's "namespace/name". */
  readonly lease: string;
  /** Aborts when the lease is lost, shall go to another replica, or the program shall end. */
  readonly signal: AbortSignal;
  /**
   * Until when something may be written, by the clock of the leases; it moves on with each renewal. Whatever writes must
   * have ended by then.
   */
  mayWriteUntilMs(): number;
  /**
   * Asks the cluster whether the lease is still ours; to be asked before each try to write. If it is not the work has to
   * end.
   * @throws {Failure}  CLUSTER_UNREACHABLE and the like: then nobody knows
   */
  confirm(signal: AbortSignal): Promise<boolean>;
}

export type HeldWork = (hold: Hold) => Promise<void>;

export interface TermSurroundings extends LeaseSurroundings {
  /** Told what went wrong with a request; it is tried again. */
  readonly failed: (failure: Failure) => void;
}

/**
 * One time of holding a lease: renews it while the work goes on, and tells the work in time when that fails. The lease is
 * released only when the work has ended.
 * @param giveUp  aborts when the work shall end
 * @returns  whether the work ended by itself
 */
export async function serveTerm(
  holder: LeaseHolder,
  { shard, giveUp }: { readonly shard: number; readonly giveUp: AbortSignal },
  work: HeldWork,
  around: TermSurroundings,
): Promise<'done' | 'over'> {
  const [lost, ended] = [new AbortController(), new AbortController()];
  const signal = AbortSignal.any([giveUp, lost.signal]);
  const keeping = Promise.all([
    keepLease(holder, lost, ended.signal, around),
    watchLease(holder, lost, ended.signal, around),
  ]);
  try {
    await work({
      ...{ shard, lease: `${holder.key.namespace}/${holder.key.name}`, signal },
      mayWriteUntilMs: () => (lost.signal.aborted ? Number.NEGATIVE_INFINITY : holder.mayWriteUntilMs),
      async confirm(until) {
        if (!lost.signal.aborted && (await holder.confirm(until))) return true;
        lost.abort();
        return false;
      },
    });
    return signal.aborted ? 'over' : 'done';
  } catch (error) {
    if (signal.aborted && isAbort(error)) return 'over';
    throw error;
  } finally {
    ended.abort();
    await keeping;
    if (lost.signal.aborted) holder.lose();
    else await told(around, (until) => holder.release(until));
  }
}

/** What work throws that was told to stop. */
function isAbort(error: unknown): boolean {
  return error instanceof Failure ? error.code === 'ABORTED' : error instanceof Error && error.name === 'AbortError';
}

/** Renews until the end. A renewal that came to nothing is tried again for as long as the lease is ours. */
async function keepLease(
  holder: LeaseHolder,
  lost: AbortController,
  ended: AbortSignal,
  around: TermSurroundings,
): Promise<void> {
  while (await slept(around, around.timing.retryMs, ended)) {
    if (!holder.isHeld) return;
    const isOurs = await told(around, (until) => holder.claim(until));
    if (isOurs !== false) continue;
    // Our own last renewal may be what came first, its answer lost.
    const found = await told(around, (until) => holder.look(until));
    if (found === 'taken') return lost.abort();
  }
}

/** Ends the work when the time is over, whatever the renewals are waiting for. */
async function watchLease(
  holder: LeaseHolder,
  lost: AbortController,
  ended: AbortSignal,
  around: TermSurroundings,
): Promise<void> {
  while (await slept(around, holder.mayWriteUntilMs - around.clock.now(), ended)) {
    if (!holder.isHeld) return lost.abort();
  }
}

/** Waits; false when that was ended. */
export async function slept({ clock }: LeaseSurroundings, ms: number, signal: AbortSignal): Promise<boolean> {
  try {
    await clock.sleep(Math.max(0, ms), signal);
    return !signal.aborted;
  } catch (error) {
    if (signal.aborted) return false;
    throw error;
  }
}

/** The answer to one request; undefined when it fails, or takes half the time in which a lease must be renewed. */
export async function told<T>(
  around: TermSurroundings,
  ask: (signal: AbortSignal) => Promise<T>,
): Promise<T | undefined> {
  const [tooLate, answered] = [new AbortController(), new AbortController()];
  const limitMs = around.timing.renewDeadlineMs / 2;
  const limit = slept(around, limitMs, answered.signal).then((isOver) => {
    if (isOver) tooLate.abort();
  });
  try {
    return await ask(tooLate.signal);
  } catch (error) {
    if (tooLate.signal.aborted) around.failed(unanswered(limitMs));
    else if (error instanceof Failure) around.failed(error);
    else throw error;
    return undefined;
  } finally {
    answered.abort();
    await limit;
  }
}

function unanswered(ms: number): Failure {
  return new Failure('CLUSTER_UNREACHABLE', `the API server did not answer about a Lease in ${ms / 1_000} s`, {
    fix: 'see whether it is overloaded, or wait',
    retry: { kind: 'backoff' },
  });
}
