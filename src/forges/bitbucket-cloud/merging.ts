import { isUntyped, listAt, textAt, type Untyped } from '../../core/untyped.ts';
import type { MergeResult, Merging } from '../../ports/forge.ts';
import { type Checks, checkState, notGreen, together } from '../checks.ts';
import { ended, lookAgain, notMergeable } from '../merging.ts';
import { branchOf, type CloudApi, shortHead, stateOf } from './api.ts';

const WORDS = { passed: ['SUCCESSFUL'], failed: ['FAILED', 'STOPPED'] };

/** Bitbucket merges what is the head in that moment: it cannot be told a commit. */
export function cloudMerging(api: CloudApi): Merging {
  return {
    async merge({ id }, headCommit, how, signal) {
      const json = await api.get(id, signal);
      const hash = shortHead(json);
      const present = hash !== '' && headCommit.startsWith(hash) ? headCommit : hash;
      const stop = notMergeable(
        { state: stateOf(json), headCommit: present, isDraft: json['draft'] === true },
        headCommit,
      );
      if (stop !== undefined) return stop;
      if (how === 'forge') {
        return {
          kind: 'refused',
          reason: 'Bitbucket Cloud lets nobody schedule a merge: set auto-merge to when-green',
        };
      }
      if (areChangesRequested(json)) return { kind: 'refused', reason: 'a reviewer asked for changes' };
      return notGreen(await readChecks(api, headCommit, signal)) ?? order(api, id, json, signal);
    },
  };
}

async function readChecks(api: CloudApi, commit: string, signal: AbortSignal): Promise<Checks> {
  const url = `${api.url}/commit/${encodeURIComponent(commit)}/statuses`;
  const statuses = await api.all({ to: 'read checks', url }, signal);
  return together(statuses.map(({ state }) => checkState(state, WORDS)));
}

async function order(api: CloudApi, id: string, json: Untyped, signal: AbortSignal): Promise<MergeResult> {
  const branchUrl = `${api.url}/refs/branches/${encodeURIComponent(branchOf(json, 'destination'))}`;
  const branch = await api.client.want({ to: 'read the branch', url: branchUrl }, signal);
  const strategy = textAt(branch, 'default_merge_strategy');
  const body = { close_source_branch: false, ...(strategy === undefined ? {} : { merge_strategy: strategy }) };
  const request = { to: 'merge', method: 'POST', url: `${api.requestUrl(id)}/merge`, body } as const;
  const answer = await api.client.ask(request, signal);
  switch (answer.status) {
    case 200:
      return { kind: 'merged' };
    case 202:
      return untilMerged(api, id, json, signal);
    case 400:
      return { kind: 'refused', reason: api.client.reason(answer) };
    case 409:
      return { kind: 'waiting', reason: api.client.reason(answer) };
    default:
      throw api.client.refusal(request, answer);
  }
}

/** A merge that takes long goes on after it was answered. */
async function untilMerged(api: CloudApi, id: string, before: Untyped, signal: AbortSignal): Promise<MergeResult> {
  const isOver = (json: Untyped) => stateOf(json) !== 'open';
  const json = await lookAgain(api.client, before, isOver, () => api.get(id, signal), signal);
  return ended(stateOf(json)) ?? { kind: 'waiting', reason: 'Bitbucket is still merging it' };
}

function areChangesRequested(json: Untyped): boolean {
  return listAt(json, 'participants').some((each) => isUntyped(each) && each['state'] === 'changes_requested');
}
