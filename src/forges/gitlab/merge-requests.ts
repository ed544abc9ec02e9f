import { isUntyped, listAt, textAt, textsAt, type Untyped } from '../../core/untyped.ts';
import type { PullRequest, PullRequestDraft, PullRequests, SavedPullRequest } from '../../ports/forge.ts';
import { openFirst } from '../found-requests.ts';
import { missingFrom, namesIn } from '../names.ts';
import { optionally } from '../remarks.ts';
import { type GitlabApi, TITLE } from './api.ts';

const PAGE = 20;

export class GitlabMergeRequests implements PullRequests {
  readonly #api: GitlabApi;

  constructor(api: GitlabApi) {
    this.#api = api;
  }

  async find(head: string, base: string, signal: AbortSignal): Promise<readonly PullRequest[]> {
    const newest = await this.#list('all', head, base, signal);
    const isShort = newest.length < PAGE || newest.some(({ state }) => state === 'open');
    // One that was reopened may be older than all that fit on the page.
    return openFirst(isShort ? newest : [...(await this.#list('opened', head, base, signal)), ...newest]);
  }

  async save(
    draft: PullRequestDraft,
    existing: PullRequest | undefined,
    signal: AbortSignal,
  ): Promise<SavedPullRequest> {
    const json = await (existing === undefined ? this.#create(draft, signal) : this.#update(draft, existing, signal));
    const request = this.#api.read(json);
    const remarks: string[] = [];
    await this.#addLabels(request, missingFrom(textsAt(json, 'labels'), draft.labels), remarks, signal);
    await this.#addPeople(json, 'reviewer', draft.reviewers, remarks, signal);
    await this.#addPeople(json, 'assignee', draft.assignees, remarks, signal);
    return { request, remarks };
  }

  async close({ id }: PullRequest, comment: string, signal: AbortSignal): Promise<void> {
    const { state } = this.#api.read(await this.#api.get(id, signal));
    if (state !== 'open') return;
    const url = `${this.#api.one(id)}/notes`;
    await this.#api.client.want({ to: 'comment', method: 'POST', url, body: { body: comment } }, signal);
    await this.#api.put(id, { state_event: 'close' }, signal);
  }

  async #list(
    state: 'all' | 'opened',
    head: string,
    base: string,
    signal: AbortSignal,
  ): Promise<readonly PullRequest[]> {
    const order = { order_by: 'created_at', sort: 'desc', per_page: PAGE };
    const query = { state, source_branch: head, target_branch: base, ...order };
    const request = { to: 'list merge requests', url: `${this.#api.url}/merge_requests`, query };
    const found = await this.#api.client.wantList(request, signal);
    // A fork may have a branch of the same name.
    const own = found.filter((json) => json['source_project_id'] === json['target_project_id']);
    return own.map((json) => this.#api.read(json));
  }

  /** Gives the open request that somebody was faster with. */
  async #create(draft: PullRequestDraft, signal: AbortSignal): Promise<Untyped> {
    const { head, base, body, isDraft } = draft;
    const request = {
      to: 'open a merge request',
      method: 'POST',
      url: `${this.#api.url}/merge_requests`,
      body: {
        source_branch: head,
        target_branch: base,
        title: TITLE.write(draft.title, isDraft),
        description: body,
      },
    } as const;
    const answer = await this.#api.client.ask(request, signal);
    if (answer.status === 201 && isUntyped(answer.body)) return answer.body;
    const [existing] = answer.status === 409 ? await this.find(head, base, signal) : [];
    if (existing?.state === 'open') return this.#update(draft, existing, signal);
    throw this.#api.client.refusal(request, answer);
  }

  /** Whether it is a draft stays as people left it. */
  async #update(draft: PullRequestDraft, { id, isDraft }: PullRequest, signal: AbortSignal): Promise<Untyped> {
    const json = await this.#api.get(id, signal);
    const title = TITLE.write(draft.title, isDraft);
    if (json['title'] === title && (json['description'] ?? '') === draft.body) return json;
    return this.#api.put(id, { title, description: draft.body }, signal);
  }

  /** GitLab makes labels that are missing, and passes over those that this credential may not make. */
  async #addLabels({ id }: PullRequest, labels: readonly string[], remarks: string[], signal: AbortSignal) {
    // The comma is between labels here, and in none of GitLab's.
    const [possible, impossible] = [labels.filter(isLabel), labels.filter((label) => !isLabel(label))];
    for (const label of impossible) remarks.push(`without the label ${label}: labels of GitLab have no comma`);
    if (possible.length === 0) return;
    await optionally(remarks, `the labels ${possible.join(', ')}`, async () => {
      const json = await this.#api.put(id, { add_labels: possible.join(',') }, signal);
      for (const absent of missingFrom(textsAt(json, 'labels'), possible)) {
        remarks.push(`without the label ${absent}: GitLab does not let this credential make it`);
      }
    });
  }

  /** Told by id; the list replaces the one before, so those whom people added are in it. */
  async #addPeople(
    json: Untyped,
    role: 'reviewer' | 'assignee',
    wanted: readonly string[],
    remarks: string[],
    signal: AbortSignal,
  ): Promise<void> {
    const ids = listAt(json, `${role}s`).flatMap((one) => (isUntyped(one) ? Number(one['id']) : []));
    const added: string[] = [];
    for (const name of missingFrom(namesIn(json, `${role}s`, 'username'), wanted)) {
      const id = await this.#userId(name, signal);
      if (id === undefined) remarks.push(`without the ${role} ${name}: GitLab knows no such user`);
      else {
        ids.push(id);
        added.push(name);
      }
    }
    if (added.length === 0) return;
    await optionally(remarks, `the ${role} ${added.join(', ')}`, async () => {
      const saved = await this.#api.put(textAt(json, 'iid') ?? '', { [`${role}_ids`]: ids }, signal);
      for (const absent of missingFrom(namesIn(saved, `${role}s`, 'username'), added)) {
        remarks.push(`without the ${role} ${absent}: no member of the project, or one too many for this edition`);
      }
    });
  }

  async #userId(username: string, signal: AbortSignal): Promise<number | undefined> {
    const request = { to: 'look for users', url: `${this.#api.root}/users`, query: { username } };
    const [user] = await this.#api.client.wantList(request, signal);
    return user === undefined ? undefined : Number(user['id']);
  }
}

function isLabel(label: string): boolean {
  return !label.includes(',');
}
