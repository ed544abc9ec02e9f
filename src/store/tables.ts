import type { CredentialOutcome, CredentialPlace, RememberedOutcomes } from '../core/credentials/credential-outcome.ts';
import type { FirstSeen } from '../core/deciding/first-seen.ts';
import type { Digest, Tag } from '../core/reference.ts';
import type { HandoffStore } from '../ports/handoffs.ts';
import type { Look, TakenLook } from '../ports/look-inbox.ts';
import type { StatusPart } from '../ports/status-parts.ts';
import type { ListUpdate, RememberedList, RememberedTag, RepositoryKey } from '../ports/store.ts';
import { demandsNothingSince, keepDemandsNothing, keepOutcome, outcomes } from './access-steps.ts';
import { beginHandoffs, findHandoff, pendingHandoffs, settleHandoffs, submitHandoff } from './handoff-steps.ts';
import { keepLooks, takeLooks, takenLooksDone } from './look-steps.ts';
import type { Memory } from './memory.ts';
import { content, firstSeen, isSettled, keepContent, keepList, keepTag, list, prune, tag } from './scan-steps.ts';
import { keepPart, parts } from './status-steps.ts';
import { DAY_MS, type StepRunner } from './steps.ts';

/** Larger content is fetched again: an index of five hundred images is about 60 KiB. */
const LARGEST_CONTENT = 128 * 1024;

/** All that is remembered, in the tables of one database. Throws what the database throws, and DamagedRow. */
export class Tables implements Memory {
  readonly handoffs: HandoffStore;
  readonly #runner: StepRunner;
  #prunedMs = Number.NEGATIVE_INFINITY;

  /** @param runner  for a database of the present schema */
  constructor(runner: StepRunner) {
    this.#runner = runner;
    this.handoffs = {
      begin: (nowMs) => runner.run(beginHandoffs(nowMs)),
      submit: (handoff, nowMs) => runner.transact(() => submitHandoff(handoff, nowMs)),
      find: (id) => runner.run(findHandoff(id)),
      pending: () => runner.run(pendingHandoffs()),
      settle: (targets, nowMs) => runner.transact(() => settleHandoffs(targets, nowMs)),
    };
  }

  list(repository: RepositoryKey): Promise<RememberedList | undefined> {
    return this.#runner.run(list(repository));
  }

  async keepList(repository: RepositoryKey, update: ListUpdate): Promise<void> {
    const { nowMs, pages, pending } = update;
    await this.#prune(nowMs);
    const isNews = pages !== undefined || pending !== undefined;
    if (isNews || !(await this.#runner.run(isSettled(repository, nowMs)))) {
      await this.#runner.transact(() => keepList(repository, update));
    }
  }

  firstSeen(repository: RepositoryKey): Promise<FirstSeen> {
    return this.#runner.run(firstSeen(repository));
  }

  tag(repository: RepositoryKey, name: Tag): Promise<RememberedTag | undefined> {
    return this.#runner.run(tag(repository, name));
  }

  keepTag(repository: RepositoryKey, name: Tag, digest: Digest, nowMs: number): Promise<void> {
    return this.#runner.transact(() => keepTag(repository, name, digest, nowMs));
  }

  content(repository: RepositoryKey, digest: Digest, nowMs: number): Promise<string | undefined> {
    return this.#runner.run(content(repository, digest, nowMs));
  }

  async keepContent(repository: RepositoryKey, digest: Digest, text: string, nowMs: number): Promise<void> {
    if (text.length > LARGEST_CONTENT) return;
    await this.#runner.transact(() => keepContent(repository, digest, text, nowMs));
  }

  keepOutcome(place: CredentialPlace, outcome: CredentialOutcome, nowMs: number): Promise<void> {
    return this.#runner.run(keepOutcome(place, outcome, nowMs));
  }

  outcomes(): Promise<readonly RememberedOutcomes[]> {
    return this.#runner.run(outcomes());
  }

  demandsNothingSince(apiUrl: string): Promise<number | undefined> {
    return this.#runner.run(demandsNothingSince(apiUrl));
  }

  keepDemandsNothing(apiUrl: string, nowMs: number | undefined): Promise<void> {
    return this.#runner.run(keepDemandsNothing(apiUrl, nowMs));
  }

  post(looks: readonly Look[], nowMs: number): Promise<number> {
    return this.#runner.transact(() => keepLooks(looks, nowMs));
  }

  take(shards: readonly number[], most: number, nowMs: number): Promise<readonly TakenLook[]> {
    return this.#runner.transact(() => takeLooks(shards, most, nowMs));
  }

  finish(looks: readonly TakenLook[]): Promise<void> {
    return this.#runner.transact(() => takenLooksDone(looks));
  }

  keepPart(part: StatusPart, nowMs: number): Promise<void> {
    return this.#runner.run(keepPart(part, nowMs));
  }

  parts(updaters: readonly string[]): Promise<readonly StatusPart[]> {
    return this.#runner.run(parts(updaters));
  }

  /** Once a day, whichever process it is. */
  async #prune(nowMs: number): Promise<void> {
    if (this.#prunedMs > nowMs - DAY_MS) return;
    await this.#runner.transact(() => prune(nowMs));
    this.#prunedMs = nowMs;
  }
}
