import { isUntyped, listAt, textAt, textsAt, type Untyped } from '../../core/untyped.ts';
import type { PullRequest, PullRequestDraft } from '../../ports/forge.ts';
import type { ForgeAnswer } from '../forge-client.ts';
import { MOST_FOUND, newestAndOpen } from '../found-requests.ts';
import { missingFrom, namesIn } from '../names.ts';
import type { Ordered, RequestWords } from '../pull-requests.ts';
import { optionally } from '../remarks.ts';
import { type GitlabApi, TITLE } from './api.ts';

export class GitlabMergeRequests implements RequestWords {
  readonly #api: GitlabApi;

  constructor(api: GitlabApi) {
    this.#api = api;
  }

  list(head: string, base: string, signal: AbortSignal): Promise<readonly PullRequest[]> {
    return newestAndOpen((state) => this.#page(state === 'open' ? 'opened' : 'all', head, base, signal));
  }

  text({ title, body }: PullRequestDraft, isDraft: boolean): Untyped {
    return { title: TITLE.write(title, isDraft), description: body };
  }

  async open(draft: PullRequestDraft, _remarks: string[], signal: AbortSignal): Promise<Ordered> {
    const { head, base, isDraft } = draft;
    const request = {
      to: 'open a merge request',
      method: 'POST',
      url: `${this.#api.url}/merge_requests`,
      body: { ...this.text(draft, isDraft), source_branch: head, target_branch: base },
    } as const;
    return { request, answer: await this.#api.client.ask(request, signal) };
  }

  isTaken({ status }: ForgeAnswer): boolean {
    return status === 409;
  }

  change(id: string, text: Untyped, signal: AbortSignal): Promise<Untyped> {
    return this.#api.put(id, text, signal);
  }

  async addExtras(
    json: Untyped,
    draft: PullRequestDraft,
    _isNew: boolean,
    remarks: string[],
    signal: AbortSignal,
  ): Promise<void> {
    const id = textAt(json, 'iid') ?? '';
    await this.#addLabels(id, missingFrom(textsAt(json, 'labels'), draft.labels), remarks, signal);
    await this.#addPeople(id, json, 'reviewer', draft.reviewers, remarks, signal);
    await this.#addPeople(id, json, 'assignee', draft.assignees, remarks, signal);
  }

  comment(id: string, text: string, signal: AbortSignal): Promise<Untyped> {
    const url = `${this.#api.one(id)}/notes`;
    return this.#api.client.want({ to: 'comment', method: 'POST', url, body: { body: text } }, signal);
  }

  end(id: string, signal: AbortSignal): Promise<Untyped> {
    return this.#api.put(id, { state_event: 'close' }, signal);
  }

  async #page(
    state: 'all' | 'opened',
    head: string,
    base: string,
    signal: AbortSignal,
  ): Promise<readonly PullRequest[]> {
    const order = { order_by: 'created_at', sort: 'desc', per_page: MOST_FOUND };
    const query = { state, source_branch: head, target_branch: base, ...order };
    const request = { to: 'list merge requests', url: `${this.#api.url}/merge_requests`, query };
    const found = await this.#api.client.wantList(request, signal);
    const own = found.filter((json) => json['source_project_id'] === json['target_project_id']);
    return own.map((json) => this.#api.read(json));
  }

  /** GitLab makes labels that are missing, and passes over those that this credential may not make. */
  async #addLabels(id: string, labels: readonly string[], remarks: string[], signal: AbortSignal) {
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
      const user = await this.#userId(name, signal);
      if (user === undefined) remarks.push(`without the ${role} ${name}: GitLab knows no such user`);
      else {
        ids.push(user);
        added.push(name);
      }
    }
    if (added.length === 0) return;
    await optionally(remarks, `the ${role} ${added.join(', ')}`, async () => {
      const saved = await this.#api.put(id, { [`${role}_ids`]: ids }, signal);
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
