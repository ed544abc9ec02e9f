import { isUntyped, listAt, textAt, textsAt, type Untyped } from '../../core/untyped.ts';
import { MOST_FOUND, newestAndOpen } from '../found-requests.ts';
import { missingFrom, namesIn } from '../names.ts';
import type { RequestWords } from '../pull-requests.ts';
import { optionally } from '../remarks.ts';
import { type GitlabApi, TITLE } from './api.ts';

export function gitlabRequests(api: GitlabApi): RequestWords {
  const text: RequestWords['text'] = ({ title, body }, isDraft) => ({
    title: TITLE.write(title, isDraft),
    description: body,
  });
  return {
    list: (head, base, signal) =>
      newestAndOpen(async (state) => {
        const branches = { source_branch: head, target_branch: base };
        const order = { order_by: 'created_at', sort: 'desc', per_page: MOST_FOUND };
        const query = { state: state === 'open' ? 'opened' : state, ...branches, ...order };
        const request = { to: 'list merge requests', url: `${api.url}/merge_requests`, query };
        const found = await api.client.wantList(request, signal);
        const own = found.filter((json) => json['source_project_id'] === json['target_project_id']);
        return own.map((json) => api.read(json));
      }),
    text,
    opening: (draft) => ({
      to: 'open a merge request',
      method: 'POST',
      url: `${api.url}/merge_requests`,
      body: { ...text(draft, draft.isDraft), source_branch: draft.head, target_branch: draft.base },
    }),
    isTaken: ({ status }) => status === 409,
    change: (id, fields, signal) => api.put(id, fields, signal),
    async addExtras(json, draft, _isNew, remarks, signal) {
      const id = textAt(json, 'iid') ?? '';
      await addLabels(api, id, missingFrom(textsAt(json, 'labels'), draft.labels), remarks, signal);
      await addPeople(api, id, json, 'reviewer', draft.reviewers, remarks, signal);
      await addPeople(api, id, json, 'assignee', draft.assignees, remarks, signal);
    },
    comment: (id, body) => ({ url: `${api.requestUrl(id)}/notes`, body: { body } }),
    end: (id, signal) => api.put(id, { state_event: 'close' }, signal),
  };
}

/** GitLab makes labels that are missing, and passes over those that this credential may not make. */
async function addLabels(
  api: GitlabApi,
  id: string,
  labels: readonly string[],
  remarks: string[],
  signal: AbortSignal,
): Promise<void> {
  // The comma is between labels here, and in none of GitLab's.
  const [possible, impossible] = [labels.filter(isLabel), labels.filter((label) => !isLabel(label))];
  for (const label of impossible) remarks.push(`without the label ${label}: labels of GitLab have no comma`);
  if (possible.length === 0) return;
  await optionally(remarks, `the labels ${possible.join(', ')}`, async () => {
    const json = await api.put(id, { add_labels: possible.join(',') }, signal);
    for (const absent of missingFrom(textsAt(json, 'labels'), possible)) {
      remarks.push(`without the label ${absent}: GitLab does not let this credential make it`);
    }
  });
}

/** Told by id; the list replaces the one before, so those whom people added are in it. */
async function addPeople(
  api: GitlabApi,
  id: string,
  json: Untyped,
  role: 'reviewer' | 'assignee',
  wanted: readonly string[],
  remarks: string[],
  signal: AbortSignal,
): Promise<void> {
  const ids = listAt(json, `${role}s`).flatMap((one) => (isUntyped(one) ? Number(one['id']) : []));
  const added: string[] = [];
  for (const name of missingFrom(namesIn(json, `${role}s`, 'username'), wanted)) {
    const user = await userId(api, name, signal);
    if (user === undefined) remarks.push(`without the ${role} ${name}: GitLab knows no such user`);
    else {
      ids.push(user);
      added.push(name);
    }
  }
  if (added.length === 0) return;
  await optionally(remarks, `the ${role} ${added.join(', ')}`, async () => {
    const saved = await api.put(id, { [`${role}_ids`]: ids }, signal);
    for (const absent of missingFrom(namesIn(saved, `${role}s`, 'username'), added)) {
      remarks.push(`without the ${role} ${absent}: no member of the project, or one too many for this edition`);
    }
  });
}

async function userId(api: GitlabApi, username: string, signal: AbortSignal): Promise<number | undefined> {
  const request = { to: 'look for users', url: `${api.root}/users`, query: { username } };
  const [user] = await api.client.wantList(request, signal);
  return user === undefined ? undefined : Number(user['id']);
}

function isLabel(label: string): boolean {
  return !label.includes(',');
}
