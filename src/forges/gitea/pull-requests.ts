import { isUntyped, mappingAt, textAt, type Untyped } from '../../core/untyped.ts';
import type { PullRequest } from '../../ports/forge.ts';
import { MOST_FOUND } from '../found-requests.ts';
import { missingFrom, namesIn } from '../names.ts';
import type { RequestWords } from '../pull-requests.ts';
import { optionally } from '../remarks.ts';
import { type GiteaApi, TITLE } from './api.ts';
import { addLabels } from './labels.ts';
import { wasClosedByRemoval } from './late-removal.ts';
import { addAssignees, addReviewers } from './people.ts';

export function giteaRequests(api: GiteaApi): RequestWords {
  const text: RequestWords['text'] = ({ title, body }, isDraft) => ({ title: TITLE.write(title, isDraft), body });
  return {
    list: (head, base, signal) => list(api, head, base, signal),
    text,
    opening: (draft) => ({
      to: 'open a pull request',
      method: 'POST',
      url: `${api.url}/pulls`,
      body: { ...text(draft, draft.isDraft), head: draft.head, base: draft.base },
    }),
    isTaken: ({ status }) => status === 409,
    async giveWay(json, { head, base }, signal) {
      const { id } = api.read(json);
      const open = (await list(api, head, base, signal)).filter(({ state }) => state === 'open');
      const [first] = open.toSorted((one, other) => Number(one.id) - Number(other.id));
      if (first === undefined || Number(first.id) >= Number(id)) return undefined;
      // Without its text nobody takes this for a person's answer to it.
      await api.patch(id, { state: 'closed', title: `Opened twice, see #${first.id}`, body: '' }, signal);
      return first;
    },
    change: (id, fields, signal) => api.patch(id, fields, signal),
    async addExtras(json, draft, _isNew, remarks, signal) {
      const labels = missingFrom(namesIn(json, 'labels', 'name'), draft.labels);
      const id = textAt(json, 'number') ?? '';
      await optionally(remarks, 'labels', () => addLabels(api, id, labels, remarks, signal));
      await addAssignees(api, json, draft.assignees, remarks, signal);
      await addReviewers(api, json, draft.reviewers, remarks, signal);
    },
    comment: (id, body) => ({ url: `${api.url}/issues/${id}/comments`, body: { body } }),
    end: (id, signal) => api.patch(id, { state: 'closed' }, signal),
  };
}

/** Newest first, as Gitea lists them; no further back than the one that it knows by its branches. */
async function list(api: GiteaApi, head: string, base: string, signal: AbortSignal): Promise<readonly PullRequest[]> {
  const earliest = await findEarliest(api, head, base, signal);
  if (earliest === 'none') return [];
  const query = { state: 'all', base_branch: base };
  const found: PullRequest[] = [];
  for await (const page of api.pages({ to: 'list pull requests', url: `${api.url}/pulls`, query }, signal)) {
    // Releases before 1.22 pass over base_branch.
    for (const json of page.filter((one) => isFrom(one, head, base))) found.push(await readAnswer(api, json, signal));
    if (found.length >= MOST_FOUND || page.some((json) => Number(json['number']) <= earliest)) break;
  }
  return found;
}

/** Without its text nobody takes a request for one that a person has closed. */
async function readAnswer(api: GiteaApi, json: Untyped, signal: AbortSignal): Promise<PullRequest> {
  const request = api.read(json);
  return (await wasClosedByRemoval(api, json, signal)) ? { ...request, body: '' } : request;
}

/**
 * The number of the first request between two branches, by one answer where scanning the list needs many. A base with
 * a slash has no such address everywhere: 0 then, which is before all.
 */
async function findEarliest(api: GiteaApi, head: string, base: string, signal: AbortSignal): Promise<number | 'none'> {
  if (base.includes('/')) return 0;
  const url = `${api.url}/pulls/${encodeURIComponent(base)}/${encodeURIComponent(head)}`;
  const request = { to: 'list pull requests', url };
  const answer = await api.client.ask(request, signal);
  if (answer.status === 200) return isUntyped(answer.body) ? Number(answer.body['number']) : 0;
  if (answer.status !== 404) throw api.client.refusal(request, answer);
  // It says the same of a repository that is not there, or not for us.
  await api.repository(signal);
  return 'none';
}

function isFrom(json: Untyped, head: string, base: string): boolean {
  const from = mappingAt(json, 'head');
  const to = mappingAt(json, 'base');
  return textAt(from, 'label') === head && textAt(to, 'ref') === base && from['repo_id'] === to['repo_id'];
}
