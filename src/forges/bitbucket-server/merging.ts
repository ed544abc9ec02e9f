import { oneLine } from '../../core/untrusted-text.ts';
import { isUntyped, textAt, type Untyped } from '../../core/untyped.ts';
import type { MergeHow, MergeResult, Merging } from '../../ports/forge.ts';
import { checkState, notGreen, together } from '../checks.ts';
import { CONFLICTS, notMergeable } from '../merging.ts';
import { namesIn } from '../names.ts';
import { exceptionOf, firstError, type ServerApi, stateOf } from './api.ts';

const MOST_REASON = 300;
const BUILD_WORDS = { passed: ['SUCCESSFUL'], failed: ['FAILED', 'CANCELLED'] };

/** The order holds for one version of the request, which a push to its branch ends. */
export function serverMerging(api: ServerApi): Merging {
  return {
    async merge({ id }, headCommit, how, signal) {
      const json = await api.get(id, signal);
      const stop =
        notMergeable(api.read(json), headCommit) ??
        (await (how === 'forge' ? scheduled(api, id, headCommit, signal) : checked(api, headCommit, signal))) ??
        (await notAllowed(api, id, how, signal));
      return stop ?? order(api, id, textAt(json, 'version') ?? '', how, signal);
    },
  };
}

/** Merge checks are what the server waits for by itself; nobody but a person ends a conflict. */
async function notAllowed(
  api: ServerApi,
  id: string,
  how: MergeHow,
  signal: AbortSignal,
): Promise<MergeResult | undefined> {
  const request = { to: 'ask whether it can be merged', url: `${api.requestUrl(id)}/merge` };
  const test = await api.client.want(request, signal);
  if (test['conflicted'] === true) return CONFLICTS;
  const isFree = how === 'forge' || test['canMerge'] === true;
  return isFree ? undefined : vetoed(test, 'a merge check stands against it');
}

async function checked(api: ServerApi, commit: string, signal: AbortSignal): Promise<MergeResult | undefined> {
  const url = `${api.rest}/build-status/1.0/commits/${encodeURIComponent(commit)}`;
  const builds = await api.all({ to: 'read builds', url }, signal);
  return notGreen(together(builds.map(({ state }) => checkState(state, BUILD_WORDS))));
}

/** Whether the server is waiting already, for this commit. Before 8.15 it knows no such question. */
async function scheduled(
  api: ServerApi,
  id: string,
  headCommit: string,
  signal: AbortSignal,
): Promise<MergeResult | undefined> {
  const request = { to: 'read the auto-merge', url: `${api.requestUrl(id)}/auto-merge` };
  const { status, body } = await api.client.ask(request, signal);
  const isWaiting = status === 200 && isUntyped(body) && body['fromHash'] === headCommit;
  return isWaiting ? { kind: 'scheduled' } : undefined;
}

async function order(
  api: ServerApi,
  id: string,
  version: string,
  how: MergeHow,
  signal: AbortSignal,
): Promise<MergeResult> {
  // Before 8.15 autoMerge is passed over: it merges what it may, and refuses the rest.
  const body = how === 'forge' ? { autoMerge: true } : {};
  const url = `${api.requestUrl(id)}/merge`;
  const request = { to: 'merge', method: 'POST', url, query: { version }, body } as const;
  const answer = await api.client.ask(request, signal);
  if (answer.status === 200 && isUntyped(answer.body)) {
    return { kind: stateOf(answer.body) === 'merged' ? 'merged' : 'scheduled' };
  }
  const reason = api.client.reason(answer);
  if (exceptionOf(answer) === 'PullRequestMergeVetoedException') return vetoed(firstError(answer.body), reason);
  // Somebody was faster: with a push, with another merge, or with the same order.
  if (answer.status === 409) return { kind: 'waiting', reason };
  const isSwitchedOff = how === 'forge' && (answer.status === 400 || answer.status === 403);
  if (isSwitchedOff) return { kind: 'refused', reason };
  throw api.client.refusal(request, answer);
}

/** A build that is missing may come; whatever else stands against a merge needs a person. */
function vetoed(json: Untyped, otherwise: string): MergeResult {
  const summaries = namesIn(json, 'vetoes', 'summaryMessage');
  const details = namesIn(json, 'vetoes', 'detailedMessage');
  const reason = oneLine((details.length > 0 ? details : summaries).join('; '), MOST_REASON) || otherwise;
  const isAboutBuilds = summaries.length > 0 && summaries.every((summary) => /\bbuilds?\b/i.test(summary));
  return { kind: isAboutBuilds ? 'waiting' : 'refused', reason };
}
