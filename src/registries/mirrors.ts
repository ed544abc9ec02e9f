import { Failure } from '../core/failure.ts';
import type { Endpoint } from '../core/registry-endpoint.ts';
import type { RepositoryClient } from './repository-client.ts';

/** What says that another place may do better: not that the answer was no, but that there was none. */
const UNREACHABLE = ['REGISTRY_UNREACHABLE', 'REGISTRY_TIMEOUT', 'REGISTRY_SERVER_ERROR'];

/**
 * One repository at its registry, or at the first mirror that can be reached. The first place that answers is kept to
 * in this scan: half from here and half from there would be no answer.
 */
export class MirroredRepository {
  readonly #places: readonly Endpoint[];
  readonly #open: (place: Endpoint) => Promise<RepositoryClient>;
  readonly #unreachable: Set<string>;
  #opened: Promise<RepositoryClient> | undefined;
  #answered = false;

  /**
   * @param places  at least one
   * @param unreachable  addresses that were found to be so in this scan, by any repository
   */
  constructor(
    places: readonly Endpoint[],
    open: (place: Endpoint) => Promise<RepositoryClient>,
    unreachable: Set<string>,
  ) {
    this.#places = places;
    this.#open = open;
    this.#unreachable = unreachable;
  }

  async ask<T>(question: (repository: RepositoryClient) => Promise<T>): Promise<T> {
    if (this.#answered && this.#opened !== undefined) return question(await this.#opened);
    let failure: Failure | undefined;
    for (const place of this.#inOrder()) {
      const opened = this.#open(place);
      try {
        const answer = await question(await opened);
        this.#answered = true;
        this.#opened ??= opened;
        return answer;
      } catch (error) {
        if (!(error instanceof Failure) || !UNREACHABLE.includes(error.code)) throw error;
        this.#unreachable.add(place.apiUrl);
        failure ??= error;
      }
    }
    throw failure ?? new Error('a repository without any place to ask');
  }

  /** Those that are known to be out of reach come last, so that they are not waited for again. */
  #inOrder(): readonly Endpoint[] {
    const isOut = ({ apiUrl }: Endpoint) => this.#unreachable.has(apiUrl);
    return [...this.#places.filter((place) => !isOut(place)), ...this.#places.filter(isOut)];
  }
}
