import { isUntyped, listAt, textAt, type Untyped } from '../../core/untyped.ts';
import type { MergeHow, MergeResult, Merging, PullRequest } from '../../ports/forge.ts';
import { type CheckState, type Checks, notGreen, together } from '../checks.ts';
import { CONFLICTS, HEAD_MOVED, notMergeable, OUTDATED } from '../merging.ts';
import type { GithubApi } from './api.ts';

const PAGE = 100;
const MOST_PAGES = 10;
const GOOD_CONCLUSIONS = ['success', 'neutral', 'skipped'];

const ENABLE_AUTO_MERGE = `mutation ($input: EnablePullRequestAutoMergeInput!) {
  enablePullRequestAutoMerge(input: $input) { pullRequest { number } }
}`;

export class GithubMerging implements Merging {
  readonly #api: GithubApi;

  constructor(api: GithubApi) {
    this.#api = api;
  }

  async merge({ id }: PullRequest, headCommit: string, how: MergeHow, signal: AbortSignal): Promise<MergeResult> {
    const json = await this.#api.get(id, signal);
    const stop = notMergeable(this.#api.read(json), headCommit);
    if (stop !== undefined) return stop;
    if (json['mergeable'] === false) return CONFLICTS;
    if (typeof json['mergeable'] !== 'boolean') {
      return { kind: 'waiting', reason: 'GitHub is still looking for conflicts' };
    }
    return how === 'forge' ? this.#schedule(json, headCommit, signal) : this.#mergeWhenGreen(json, headCommit, signal);
  }

  async #mergeWhenGreen(json: Untyped, headCommit: string, signal: AbortSignal): Promise<MergeResult> {
    const stop = notGreen(await this.#checks(headCommit, signal));
    if (stop !== undefined) return stop;
    switch (json['mergeable_state']) {
      case 'blocked':
        return { kind: 'refused', reason: 'a rule of the base branch stands against it, such as a missing approval' };
      case 'behind':
        return OUTDATED;
      default:
        return this.#merge(json, headCommit, signal);
    }
  }

  /** GitHub schedules only what it would not take now; what it would take is merged. */
  async #schedule(json: Untyped, headCommit: string, signal: AbortSignal): Promise<MergeResult> {
    const state = textAt(json, 'mergeable_state') ?? '';
    if (isUntyped(json['auto_merge'])) return state === 'behind' ? OUTDATED : { kind: 'scheduled' };
    if (['clean', 'unstable', 'has_hooks'].includes(state)) return this.#merge(json, headCommit, signal);
    const mergeMethod = (await this.#method(signal)).toUpperCase();
    const input = { pullRequestId: textAt(json, 'node_id') ?? '', expectedHeadOid: headCommit, mergeMethod };
    const to = 'let GitHub merge the pull request';
    const answer = await this.#api.graphql(to, ENABLE_AUTO_MERGE, input, signal);
    if (answer.errors.length === 0) return { kind: 'scheduled' };
    const reason = answer.errors.map(({ message }) => message).join('; ');
    if (/(?:clean|unstable) status/i.test(reason))
      return { kind: 'waiting', reason: 'its checks have only just passed' };
    if (/head (?:oid|sha|branch)|expected/i.test(reason)) return HEAD_MOVED;
    if (/auto.?merge is not allowed/i.test(reason)) {
      return { kind: 'refused', reason: '"Allow auto-merge" is off in the settings of the repository' };
    }
    throw this.#api.graphqlRefusal(to, answer);
  }

  async #merge(json: Untyped, headCommit: string, signal: AbortSignal): Promise<MergeResult> {
    const request = {
      to: 'merge',
      method: 'PUT',
      url: `${this.#api.requestUrl(textAt(json, 'number') ?? '')}/merge`,
      body: { sha: headCommit, merge_method: await this.#method(signal) },
      once: true,
    } as const;
    const answer = await this.#api.client.ask(request, signal);
    const reason = this.#api.client.reason(answer);
    switch (answer.status) {
      case 200:
        return { kind: 'merged' };
      case 405:
        // The same status for a rule that stands against it, and for another merge that was a moment faster.
        return { kind: /base branch was modified/i.test(reason) ? 'waiting' : 'refused', reason };
      case 409:
        return { kind: 'waiting', reason };
      case 422:
        return { kind: 'refused', reason };
      default:
        throw this.#api.client.refusal(request, answer);
    }
  }

  /** GitHub's default is a merge commit, which a repository may have forbidden. */
  async #method(signal: AbortSignal): Promise<'merge' | 'squash' | 'rebase'> {
    const repository = await this.#api.repository(signal);
    if (repository['allow_merge_commit'] !== false) return 'merge';
    return repository['allow_squash_merge'] !== false ? 'squash' : 'rebase';
  }

  /** GitHub has two kinds of checks: statuses, and runs of Apps (Actions among them). */
  async #checks(commit: string, signal: AbortSignal): Promise<Checks> {
    const url = `${this.#api.url}/commits/${encodeURIComponent(commit)}`;
    const status = await this.#api.client.want({ to: 'read statuses', url: `${url}/status` }, signal);
    const runs = await this.#runs(`${url}/check-runs`, signal);
    const statuses = Number(status['total_count']) > 0 ? [ofStatus(textAt(status, 'state'))] : [];
    return together([...statuses, ...runs.map(ofRun)]);
  }

  async #runs(url: string, signal: AbortSignal): Promise<readonly Untyped[]> {
    const runs: Untyped[] = [];
    for (let page = 1; page <= MOST_PAGES; page++) {
      const query = { filter: 'latest', per_page: PAGE, page };
      const json = await this.#api.client.want({ to: 'read checks', url, query }, signal);
      const found = listAt(json, 'check_runs').filter(isUntyped);
      runs.push(...found);
      if (found.length < PAGE) break;
    }
    return runs;
  }
}

function ofStatus(state: string | undefined): CheckState {
  if (state === 'success') return 'passed';
  return state === 'pending' ? 'pending' : 'failed';
}

function ofRun(run: Untyped): CheckState {
  if (run['status'] !== 'completed') return 'pending';
  return GOOD_CONCLUSIONS.includes(textAt(run, 'conclusion') ?? '') ? 'passed' : 'failed';
}
