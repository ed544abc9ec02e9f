import { listAt, textAt, type Untyped } from '../../core/untyped.ts';
import type { MergeHow, MergeResult, Merging, PullRequest } from '../../ports/forge.ts';
import { type Checks, checkState, notGreen, together } from '../checks.ts';
import { CONFLICTS, lookAgain, notMergeable } from '../merging.ts';
import { type GiteaApi, MOST_PAGES, PAGE } from './api.ts';

const WORDS = { passed: ['success'], failed: ['failure', 'error', 'warning'] };

export class GiteaMerging implements Merging {
  readonly #api: GiteaApi;

  constructor(api: GiteaApi) {
    this.#api = api;
  }

  async merge({ id }: PullRequest, headCommit: string, how: MergeHow, signal: AbortSignal): Promise<MergeResult> {
    const json = await this.#checkedForConflicts(id, signal);
    const stop = notMergeable(this.#api.read(json), headCommit);
    if (stop !== undefined) return stop;
    if (json['mergeable'] !== true) return CONFLICTS;
    const unmet = how === 'when-green' ? notGreen(await this.#checks(headCommit, signal)) : undefined;
    return unmet ?? this.#merge(id, headCommit, how, signal);
  }

  /** Gitea looks for conflicts once it is asked, and says "not mergeable" until it knows. */
  async #checkedForConflicts(id: string, signal: AbortSignal): Promise<Untyped> {
    const look = () => this.#api.get(id, signal);
    const isKnown = ({ state, draft, mergeable }: Untyped) => state !== 'open' || draft === true || mergeable === true;
    return lookAgain(this.#api.client, await look(), isKnown, look, signal);
  }

  /** The combined state is that of one page alone. */
  async #checks(commit: string, signal: AbortSignal): Promise<Checks> {
    const url = `${this.#api.url}/commits/${encodeURIComponent(commit)}/status`;
    const states: string[] = [];
    let seen = 0;
    for (let page = 1; page <= MOST_PAGES; page++) {
      const json = await this.#api.client.want({ to: 'read checks', url, query: { page, limit: PAGE } }, signal);
      const statuses = listAt(json, 'statuses');
      if (statuses.length === 0) break;
      seen += statuses.length;
      states.push(textAt(json, 'state') ?? '');
      if (seen >= Number(json['total_count'])) break;
    }
    return together(states.map((state) => checkState(state, WORDS)));
  }

  async #merge(id: string, commit: string, how: MergeHow, signal: AbortSignal): Promise<MergeResult> {
    const { default_merge_style: style } = await this.#api.repository(signal);
    const later = how === 'forge' ? { merge_when_checks_succeed: true } : {};
    const request = {
      to: 'merge',
      method: 'POST',
      url: `${this.#api.requestUrl(id)}/merge`,
      body: { Do: style ?? 'merge', head_commit_id: commit, ...later },
    } as const;
    const answer = await this.#api.client.ask(request, signal);
    const reason = this.#api.client.reason(answer) || `Gitea answered ${answer.status}`;
    switch (answer.status) {
      case 200:
        return { kind: 'merged' };
      case 201:
        return { kind: 'scheduled' };
      case 405:
        return { kind: /try again/i.test(reason) ? 'waiting' : 'refused', reason };
      case 409:
        // With the checks still to come: it is scheduled already. Otherwise: somebody pushed, or merged another one.
        return how === 'forge' && /auto.?merge/i.test(reason) ? { kind: 'scheduled' } : { kind: 'waiting', reason };
      default:
        throw this.#api.client.refusal(request, answer);
    }
  }
}
