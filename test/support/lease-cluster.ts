import { setImmediate } from 'node:timers/promises';
import type { LeaseClock, LeaseTiming } from '../../src/controller/leases/lease-holder.ts';
import { type LeaseOptions, runShards, runWhileLeading } from '../../src/controller/leases/run-shards.ts';
import type { HeldWork, Hold } from '../../src/controller/leases/term.ts';
import type { Failure } from '../../src/core/failure.ts';
import type { Lease, LeaseOutcome } from '../../src/ports/cluster.ts';

/** As the settings have it when nobody gives them. */
export const TIMING: LeaseTiming = { durationMs: 15_000, renewDeadlineMs: 10_000, retryMs: 2_000 };

interface Event {
  readonly atMs: number;
  readonly order: number;
  /** Whose code runs; undefined for the API server's. */
  readonly of: Replica | undefined;
  readonly run: () => void;
}

/** What goes wrong, each with its probability for one request. */
export interface Faults {
  /** Lost on the way there. */
  readonly unsent: number;
  /** Done, but the answer is lost. */
  readonly unheard: number;
  /** The longest time on the way, either way. */
  readonly latencyMs: number;
}

export const CALM: Faults = { unsent: 0, unheard: 0, latencyMs: 20 };

interface Replica {
  readonly name: string;
  readonly clock: LeaseClock;
  readonly holds: Set<Hold>;
  /** What it was told of requests that failed. */
  readonly failures: Failure[];
  readonly stop: AbortController;
  readonly ended: Promise<void>;
  isDead: boolean;
  /** In the world's time; until then nothing of it runs. */
  pausedUntilMs: number;
}

interface Begin {
  /** How fast its clock runs. */
  readonly rate?: number;
  /** How long its work takes to end when it is told to. */
  readonly lingersMs?: number;
  /** Done while it holds a lease, instead of waiting for the end. */
  readonly work?: HeldWork;
}

const untilTold: HeldWork = ({ signal }) =>
  new Promise((told) => {
    if (signal.aborted) told();
    else signal.addEventListener('abort', () => told(), { once: true });
  });

/** Replicas, each with a clock of its own, and the API server that they share, in a time that passes only when told. */
export class LeaseCluster {
  readonly #shards: number;
  readonly #random: () => number;
  readonly #leases = new Map<string, Lease>();
  readonly replicas: Replica[] = [];
  #events: Event[] = [];
  #order = 0;
  #version = 0;
  nowMs = 0;
  faults = CALM;

  /** @param random  0 to 1 */
  constructor(shards: number, random: () => number) {
    this.#shards = shards;
    this.#random = random;
  }

  #at(ms: number, of: Replica | undefined, run: () => void): void {
    this.#events.push({ atMs: ms, order: this.#order++, of, run });
  }

  /** Lets time pass; `seen` after everything that happens. */
  async pass(ms: number, seen: () => void = () => undefined): Promise<void> {
    const untilMs = this.nowMs + ms;
    await setImmediate(); // what was done from outside may have made events
    for (;;) {
      this.#events.sort((a, b) => a.atMs - b.atMs || a.order - b.order);
      const [next] = this.#events;
      if (next === undefined || next.atMs > untilMs) break;
      this.#events.shift();
      if (next.of?.isDead) continue;
      if (next.of !== undefined && next.of.pausedUntilMs > next.atMs) {
        this.#at(next.of.pausedUntilMs, next.of, next.run);
        continue;
      }
      this.nowMs = next.atMs;
      next.run();
      await setImmediate();
      seen();
    }
    this.nowMs = untilMs;
  }

  start(name: string, { rate = 1, lingersMs = 0, work = untilTold }: Begin = {}): Replica {
    const stop = new AbortController();
    const originMs = this.#random() * 1e9;
    const clock: LeaseClock = {
      now: () => originMs + this.nowMs * rate,
      // A wall clock that is set at will.
      wallNow: () => Math.floor(this.#random() * 2 ** 41),
      random: this.#random,
      sleep: (ms, signal) => this.#sleep(replica, ms / rate, signal),
    };
    const [holds, failures] = [new Set<Hold>(), [] as Failure[]];
    const held: HeldWork = async (hold) => {
      holds.add(hold);
      await work(hold).finally(() => lingersMs === 0 && holds.delete(hold));
      if (lingersMs > 0) await this.#sleep(replica, lingersMs, new AbortController().signal);
      holds.delete(hold);
    };
    const options: LeaseOptions = {
      ...{
        namespace: 'argocd',
        identity: name,
        clock,
        timing: TIMING,
        failed: (failure) => failures.push(failure),
      },
      store: {
        get: ({ name: key }, signal) => this.#ask(replica, () => this.#leases.get(key), signal),
        create: (lease, signal) => this.#ask(replica, () => this.#create(lease), signal),
        update: (lease, signal) => this.#ask(replica, () => this.#update(lease), signal),
      },
    };
    const replica: Replica = {
      ...{ name, clock, holds, failures, stop, isDead: false, pausedUntilMs: 0 },
      // It starts in the next event, when all of it is there.
      ended: new Promise((done, failed) => {
        this.#at(this.nowMs, undefined, () => {
          const running =
            this.#shards === 1
              ? runWhileLeading(options, held, stop.signal)
              : runShards({ ...options, shards: this.#shards }, held, stop.signal);
          running.then(done, failed);
        });
      }),
    };
    this.replicas.push(replica);
    return replica;
  }

  /** The replicas that may write for a shard now, by what they know themselves. */
  writersOf(shard: number): readonly string[] {
    const may = ({ isDead, holds, clock }: Replica) =>
      !isDead && [...holds].some((hold) => hold.shard === shard && hold.mayWriteUntilMs() > clock.now());
    return this.replicas.filter(may).map(({ name }) => name);
  }

  #sleep(replica: Replica, ms: number, signal: AbortSignal): Promise<void> {
    return new Promise((done, failed) => {
      signal.addEventListener('abort', () => failed(signal.reason), { once: true });
      if (signal.aborted) failed(signal.reason);
      else this.#at(this.nowMs + ms, replica, done);
    });
  }

  /** One request: there, done, and back. What is lost is heard of only by the asker's own patience. */
  #ask<T>(replica: Replica, work: () => T, signal: AbortSignal): Promise<T> {
    return new Promise((done, failed) => {
      signal.addEventListener('abort', () => failed(signal.reason), { once: true });
      if (this.#random() < this.faults.unsent) return;
      const isUnheard = this.#random() < this.faults.unheard;
      this.#at(this.nowMs + this.#random() * this.faults.latencyMs, undefined, () => {
        const answer = work();
        if (!isUnheard) this.#at(this.nowMs + this.#random() * this.faults.latencyMs, replica, () => done(answer));
      });
    });
  }

  #create(lease: Lease): LeaseOutcome {
    return this.#leases.has(lease.name) ? { kind: 'conflict' } : this.#write(lease);
  }

  #update(lease: Lease): LeaseOutcome {
    const present = this.#leases.get(lease.name);
    // The API server makes a Lease that is not there, when it is updated.
    const isSame = present === undefined || present.resourceVersion === lease.resourceVersion;
    return isSame ? this.#write(lease) : { kind: 'conflict' };
  }

  #write(lease: Lease): LeaseOutcome {
    this.#version += 1;
    const written = { ...lease, resourceVersion: String(this.#version) };
    this.#leases.set(lease.name, written);
    return { kind: 'written', lease: written };
  }

  lease(name: string): Lease | undefined {
    return this.#leases.get(name);
  }

  delete(name: string): void {
    this.#leases.delete(name);
  }

  /** Somebody writes another holder into a lease. */
  rob(name: string, holder: string): void {
    const lease = this.#leases.get(name);
    if (lease) this.#write({ ...lease, holder });
  }
}
