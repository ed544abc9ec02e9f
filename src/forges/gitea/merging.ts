import { listAt, textAt, type Untyped } from '../../core/untyped.ts';
import type { MergeResult, Merging, PullRequest } from '../../ports/forge.ts';
import { type Checks, ended, HEAD_MOVED, notGreen } from '../checks.ts';
import { type GiteaApi, MOST_PAGES, PAGE } from './api.ts';

/** Gitea looks for conflicts once it is asked, and says "not mergeable" until it knows. */
const MOST_LOOKS = 6;
const BETWEEN_LOOKS_MS = 800;

export class GiteaMerging implements Merging {
  readonly #api: GiteaApi;

  constructor(api: GiteaApi) {
    this.#api = api;
  }

  async merge(
    request: PullRequest,
    headCommit: string,
    how: 'forge' | 'when-green',
    signal: AbortSignal,
  ): Promise<MergeResult> {
    const json = await this.#checkedForConflicts(request.id, signal);
    const { state, isDraft, headCommit: present } = this.#api.read(json);
    const over = ended(state);
    if (over !== undefined) return over;
    if (present !== headCommit) return HEAD_MOVED;
    if (isDraft) return { kind: 'refused', reason: 'it is a draft' };
    if (json['mergeable'] !== true) return { kind: 'refused', reason: 'it conflicts with its base branch' };
    const stop = how === 'when-green' ? notGreen(await this.#checks(headCommit, signal)) : undefined;
    return stop ?? this.#merge(request, headCommit, how, signal);
  }

  async #checkedForConflicts(id: string, signal: AbortSignal): Promise<Untyped> {
    for (let looks = 1; ; looks++) {
      const json = await this.#api.get(id, signal);
      const isKnown = json['state'] !== 'open' || json['draft'] === true || json['mergeable'] === true;
      if (isKnown || looks >= MOST_LOOKS) return json;
      await this.#api.client.pause(BETWEEN_LOOKS_MS, signal);
    }
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
    if (states.length === 0) return 'none';
    if (states.some((state) => ['failure', 'error', 'warning'].includes(state))) return 'failed';
    return states.every((state) => state === 'success') ? 'passed' : 'pending';
  }

  async #merge(
    { id }: PullRequest,
    commit: string,
    how: 'forge' | 'when-green',
    signal: AbortSignal,
  ): Promise<MergeResult> {
    const { default_merge_style: style } = await this.#api.repository(signal);
    const later = how === 'forge' ? { merge_when_checks_succeed: true } : {};
    const request = {
      to: 'merge',
      method: 'POST',
      url: `${this.#api.url}/pulls/${encodeURIComponent(id)}/merge`,
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
