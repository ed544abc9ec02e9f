import { oneLine } from '../../core/untrusted-text.ts';
import { isUntyped, mappingAt, textAt, type Untyped } from '../../core/untyped.ts';
import type { MergeResult, Merging } from '../../ports/forge.ts';
import { type CheckState, checkState, notGreen, together } from '../checks.ts';
import { CONFLICTS, ended, lookAgain, notMergeable } from '../merging.ts';
import { type AzureApi, exceptionOf, PREVIEW, stateOf } from './api.ts';

const MOST_NAME = 100;
const STATUS_WORDS = { passed: ['succeeded'], failed: ['failed', 'error'] };

const SCHEDULED: MergeResult = { kind: 'scheduled' };

/** The types of policy that are a check of the commit: "Build" and "Status". */
const CHECK_TYPES = ['0609b952-1397-4640-95ec-e00a01b2c241', 'cbdc66da-9728-4af8-aada-9a5a32e4a226'];

/** Completing names the commit; auto-complete cannot, and takes what is pushed later, too. */
export function azureMerging(api: AzureApi): Merging {
  return {
    async merge({ id }, headCommit, how, signal) {
      const json = await api.get(id, signal);
      const stop = notMergeable(api.read(json), headCommit);
      if (stop !== undefined) return stop;
      if (json['mergeStatus'] === 'conflicts') return CONFLICTS;
      if (how === 'forge') return isUntyped(json['autoCompleteSetBy']) ? SCHEDULED : autoComplete(api, id, signal);
      return (await notReady(api, id, json, signal)) ?? complete(api, id, headCommit, signal);
    },
  };
}

async function notReady(
  api: AzureApi,
  id: string,
  json: Untyped,
  signal: AbortSignal,
): Promise<MergeResult | undefined> {
  if (json['mergeStatus'] === 'queued') return { kind: 'waiting', reason: 'Azure DevOps looks for conflicts' };
  const projectId = textAt(mappingAt(mappingAt(json, 'repository'), 'project'), 'id') ?? '';
  const url = `${api.project}/_apis/policy/evaluations`;
  const artifactId = `vstfs:///CodeReview/CodeReviewId/${projectId}/${id}`;
  const query = { artifactId, 'api-version': PREVIEW };
  const policies = await api.list({ to: 'read branch policies', url, query }, signal);
  const statuses = await api.list({ to: 'read checks', url: `${api.requestUrl(id)}/statuses` }, signal);
  const states = [...policies.filter(isCheck).map(policyState), ...latest(statuses).map(statusState)];
  const stop = notGreen(together(states.filter((state) => state !== undefined)));
  if (stop !== undefined) return stop;
  const [unmet] = policies.filter((policy) => !isCheck(policy) && isBlocking(policy) && !isMet(policy));
  if (unmet === undefined) return undefined;
  const name = textAt(mappingAt(mappingAt(unmet, 'configuration'), 'type'), 'displayName') ?? 'of its branch';
  return { kind: 'refused', reason: `unmet policy: ${oneLine(name, MOST_NAME)}` };
}

function isCheck(policy: Untyped): boolean {
  return CHECK_TYPES.includes(textAt(mappingAt(mappingAt(policy, 'configuration'), 'type'), 'id') ?? '');
}

function isBlocking(policy: Untyped): boolean {
  return mappingAt(policy, 'configuration')['isBlocking'] === true;
}

function isMet(policy: Untyped): boolean {
  return policy['status'] === 'approved' || policy['status'] === 'notApplicable';
}

/** undefined for what is no check of this request, or is run by hand and need not be. */
function policyState(policy: Untyped): CheckState | undefined {
  const { status } = policy;
  if (status === 'notApplicable') return undefined;
  if (status === 'approved') return 'passed';
  if (status === 'rejected' || status === 'broken') return 'failed';
  const settings = mappingAt(mappingAt(policy, 'configuration'), 'settings');
  const isOptional = !isBlocking(policy) && settings['manualQueueOnly'] === true;
  return status === 'queued' && isOptional ? undefined : 'pending';
}

function statusState({ state }: Untyped): CheckState | undefined {
  return state === 'notApplicable' ? undefined : checkState(state, STATUS_WORDS);
}

/** The newest status of each check. */
function latest(statuses: readonly Untyped[]): readonly Untyped[] {
  const byContext = new Map<string, Untyped>();
  const ordered = statuses.toSorted((one, other) => Number(one['id']) - Number(other['id']));
  for (const status of ordered) {
    const { genre, name } = mappingAt(status, 'context');
    byContext.set(JSON.stringify([genre, name]), status);
  }
  return [...byContext.values()];
}

async function complete(api: AzureApi, id: string, headCommit: string, signal: AbortSignal): Promise<MergeResult> {
  const body = { status: 'completed', lastMergeSourceCommit: { commitId: headCommit } };
  const request = { to: 'merge', method: 'PATCH', url: api.requestUrl(id), body, once: true } as const;
  const answer = await api.client.ask(request, signal);
  if (answer.status === 200 && isUntyped(answer.body)) return untilMerged(api, id, answer.body, signal);
  const reason = api.client.reason(answer);
  if (answer.status === 409) return { kind: 'waiting', reason };
  if (exceptionOf(answer) === 'GitPullRequestUpdateRejectedByPolicyException') return { kind: 'refused', reason };
  throw api.client.refusal(request, answer);
}

/** Completing goes on after it was ordered. */
async function untilMerged(api: AzureApi, id: string, ordered: Untyped, signal: AbortSignal): Promise<MergeResult> {
  const outcome = (json: Untyped) => ended(stateOf(json)) ?? failed(json);
  const isOver = (json: Untyped) => outcome(json) !== undefined;
  const json = await lookAgain(api.client, ordered, isOver, () => api.get(id, signal), signal);
  return outcome(json) ?? { kind: 'waiting', reason: 'Azure DevOps is still merging it' };
}

/** What became of a merge that was ordered. */
function failed({ mergeStatus }: Untyped): MergeResult | undefined {
  switch (mergeStatus) {
    case 'conflicts':
      return CONFLICTS;
    case 'rejectedByPolicy':
      return { kind: 'refused', reason: 'a branch policy rejects it' };
    case 'failure':
      return { kind: 'refused', reason: 'Azure DevOps could not merge it' };
    default:
      return undefined;
  }
}

/** Azure DevOps notes who asked for it, and takes no other name than that of whoever asks. */
async function autoComplete(api: AzureApi, id: string, signal: AbortSignal): Promise<MergeResult> {
  const query = { 'api-version': PREVIEW };
  const connection = await api.client.want(
    { to: 'ask who it is', url: `${api.api}/_apis/connectionData`, query },
    signal,
  );
  const body = { autoCompleteSetBy: { id: textAt(mappingAt(connection, 'authenticatedUser'), 'id') ?? '' } };
  const request = { to: 'set auto-complete', method: 'PATCH', url: api.requestUrl(id), body } as const;
  const json = await api.client.want(request, signal);
  return stateOf(json) === 'open' ? SCHEDULED : { kind: 'merged' };
}
