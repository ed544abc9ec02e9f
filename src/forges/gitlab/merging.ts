import { flagAt, isUntyped, mappingAt, textAt, type Untyped } from '../../core/untyped.ts';
import type { MergeHow, MergeResult, Merging, PullRequest } from '../../ports/forge.ts';
import { type Checks, notGreen } from '../checks.ts';
import { CONFLICTS, HEAD_MOVED, notMergeable, OUTDATED } from '../merging.ts';
import type { GitlabApi } from './api.ts';

// https://docs.gitlab.com/api/merge_requests/#merge-status
const COMPUTED = ['checking', 'unchecked', 'preparing', 'approvals_syncing'];
/** What passes by itself, or when the branch is made anew on a newer base. */
const PASSING = ['ci_still_running', 'ci_must_pass', 'status_checks_must_pass', 'external_status_checks', 'merge_time'];
/** What GitLab schedules no merge for. */
const HOPELESS = ['draft_status', 'broken_status', 'commits_status', 'not_open'];

export class GitlabMerging implements Merging {
  readonly #api: GitlabApi;

  constructor(api: GitlabApi) {
    this.#api = api;
  }

  async merge({ id }: PullRequest, headCommit: string, how: MergeHow, signal: AbortSignal): Promise<MergeResult> {
    const json = await this.#api.get(id, signal);
    const stop = notMergeable(this.#api.read(json), headCommit);
    if (stop !== undefined) return stop;
    const status = textAt(json, 'detailed_merge_status') ?? 'mergeable';
    if (COMPUTED.includes(status))
      return { kind: 'waiting', reason: 'GitLab is still looking whether it can be merged' };
    if (status === 'conflict') return CONFLICTS;
    if (HOPELESS.includes(status)) return { kind: 'refused', reason: meaningOf(status) };
    if (how === 'when-green') return this.#mergeWhenGreen(id, json, headCommit, status, signal);
    if (flagAt(json, 'merge_when_pipeline_succeeds')) return { kind: 'scheduled' };
    // The older name of auto_merge is there for GitLab before 17.11.
    const auto = { auto_merge: true, merge_when_pipeline_succeeds: true };
    return this.#accept(id, { sha: headCommit, ...auto }, status, signal);
  }

  async #mergeWhenGreen(
    id: string,
    json: Untyped,
    headCommit: string,
    status: string,
    signal: AbortSignal,
  ): Promise<MergeResult> {
    const stop = notGreen(checksOf(json, headCommit));
    if (stop !== undefined) return stop;
    if (status === 'need_rebase') return OUTDATED;
    if (PASSING.includes(status)) return { kind: 'waiting', reason: meaningOf(status) };
    if (status !== 'mergeable') return { kind: 'refused', reason: meaningOf(status) };
    return this.#accept(id, { sha: headCommit }, status, signal);
  }

  async #accept(id: string, body: Untyped, status: string, signal: AbortSignal): Promise<MergeResult> {
    const request = { to: 'merge', method: 'PUT', url: `${this.#api.requestUrl(id)}/merge`, body, once: true } as const;
    const answer = await this.#api.client.ask(request, signal);
    const reason = this.#api.client.reason(answer);
    switch (answer.status) {
      case 200:
        return isUntyped(answer.body) && answer.body['state'] === 'merged' ? { kind: 'merged' } : { kind: 'scheduled' };
      case 405:
        // What was mergeable a moment ago is being looked at again: another merge was faster.
        if (status === 'mergeable') return { kind: 'waiting', reason };
        return { kind: 'refused', reason: meaningOf(status) };
      case 406:
      case 422:
        return { kind: 'refused', reason };
      case 409:
        return HEAD_MOVED;
      default:
        throw this.#api.client.refusal(request, answer);
    }
  }
}

function meaningOf(status: string): string {
  return `GitLab says ${status.replaceAll('_', ' ')}`;
}

/** The pipeline of another commit says nothing, unless it ran on what merging would make of this one. */
function checksOf(json: Untyped, headCommit: string): Checks {
  const pipeline = mappingAt(json, 'head_pipeline');
  const isOfMerge = pipeline['source'] === 'merge_request_event';
  if (!isOfMerge && pipeline['sha'] !== headCommit) return 'none';
  switch (textAt(pipeline, 'status')) {
    case 'success':
    // Nothing of it was meant to run; whether that will do is for GitLab to say.
    case 'skipped':
      return 'passed';
    case 'failed':
    case 'canceled':
      return 'failed';
    default:
      return 'pending';
  }
}
