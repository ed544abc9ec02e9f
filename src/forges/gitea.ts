import { flagAt, isUntyped, listAt, mappingAt, textAt, type Untyped } from '../core/untyped.ts';
import type {
  Branches,
  BranchRules,
  MergeResult,
  Merging,
  PullRequest,
  PullRequestDraft,
  PullRequests,
  SavedPullRequest,
} from '../ports/forge.ts';
import { type Checks, ended, HEAD_MOVED, notGreen } from './checks.ts';
import { draftTitle } from './draft-title.ts';
import type { ForgeClient } from './forge-client.ts';
import { basicOrBearer, type ForgeType, type Place } from './forge-type.ts';
import { openFirst } from './found-requests.ts';
import { missingFrom, namesIn } from './names.ts';
import { optionally } from './remarks.ts';

/** Gitea 1.20 and newer, Forgejo 7 and newer: one API. https://docs.gitea.com/api/ */
export const gitea: ForgeType = {
  kind: 'gitea',
  recognises: (hostname) => ['gitea.com', 'codeberg.org'].includes(hostname),
  places({ origin, path }) {
    const base = path.slice(0, -2).map((part) => `/${encodeURIComponent(part)}`);
    return path.length < 2 ? [] : [{ api: `${origin}${base.join('')}/api/v1`, path: path.slice(-2) }];
  },
  probe: {
    path: '/version',
    fits: ({ status, body }) => {
      const text = Buffer.from(body).toString();
      // Where REQUIRE_SIGNIN_VIEW is on, even the version is for members.
      return status === 200 ? /^\s*\{\s*"version"\s*:/.test(text) : status === 403 && /signed.?in/i.test(text);
    },
  },
  authorization: basicOrBearer,
  open: (place, client) => {
    const forge = new Gitea(place, client);
    return { kind: 'gitea', pullRequests: forge, merging: forge, branches: forge, mostBody: 65_000 };
  },
};

const PAGE = 50;
const MOST_PAGES = 20;
const TITLE = draftTitle('WIP: ', /^(?:WIP:|\[WIP\])\s*/i);
const NEW_LABEL_COLOR = '#ededed';
/** Gitea looks for conflicts once it is asked, and says "not mergeable" until it knows. */
const MOST_LOOKS = 6;
const BETWEEN_LOOKS_MS = 800;

class Gitea implements PullRequests, Merging, Branches {
  readonly #client: ForgeClient;
  readonly #url: string;
  readonly #organisationLabels: string;

  constructor({ api, path }: Place, client: ForgeClient) {
    this.#client = client;
    const [owner = '', name = ''] = path.map(encodeURIComponent);
    this.#url = `${api}/repos/${owner}/${name}`;
    this.#organisationLabels = `${api}/orgs/${owner}/labels`;
  }

  async find(head: string, base: string, signal: AbortSignal): Promise<readonly PullRequest[]> {
    if (await this.#hadNone(head, base, signal)) return [];
    const query = { state: 'all', base_branch: base, limit: PAGE };
    const request = { to: 'list pull requests', url: `${this.#url}/pulls`, query };
    const found: PullRequest[] = [];
    for await (const page of this.#client.pages(request, MOST_PAGES, signal)) {
      // Releases before 1.22 pass over base_branch, and a fork may have a branch of the same name.
      found.push(...page.filter((json) => isFrom(json, head, base)).map((json) => this.#read(json)));
    }
    return openFirst(found);
  }

  async save(
    draft: PullRequestDraft,
    existing: PullRequest | undefined,
    signal: AbortSignal,
  ): Promise<SavedPullRequest> {
    const json = await (existing === undefined ? this.#create(draft, signal) : this.#update(draft, existing, signal));
    const request = this.#read(json);
    const remarks: string[] = [];
    await this.#addLabels(request, missingFrom(namesIn(json, 'labels', 'name'), draft.labels), remarks, signal);
    await this.#addAssignees(request, draft.assignees, namesIn(json, 'assignees', 'login'), remarks, signal);
    const asked = [...namesIn(json, 'requested_reviewers', 'login'), ...teams(json)];
    for (const reviewer of missingFrom(asked, draft.reviewers))
      await this.#askReview(request, reviewer, remarks, signal);
    return { request, remarks };
  }

  async close(request: PullRequest, comment: string, signal: AbortSignal): Promise<void> {
    const { state } = await this.#get(request.id, signal);
    if (state !== 'open') return;
    const url = `${this.#url}/issues/${request.id}/comments`;
    await this.#client.want({ to: 'comment', method: 'POST', url, body: { body: comment } }, signal);
    await this.#patch(request.id, { state: 'closed' }, signal);
  }

  async merge(
    request: PullRequest,
    headCommit: string,
    how: 'forge' | 'when-green',
    signal: AbortSignal,
  ): Promise<MergeResult> {
    const json = await this.#checkedForConflicts(request.id, signal);
    const { state, isDraft, headCommit: present } = this.#read(json);
    const over = ended(state);
    if (over !== undefined) return over;
    if (present !== headCommit) return HEAD_MOVED;
    if (isDraft) return { kind: 'refused', reason: 'it is a draft' };
    if (json['mergeable'] !== true) return { kind: 'refused', reason: 'it conflicts with its base branch' };
    const stop = how === 'when-green' ? notGreen(await this.#checks(headCommit, signal)) : undefined;
    return stop ?? this.#merge(request, headCommit, how, signal);
  }

  async rules(branch: string, signal: AbortSignal): Promise<BranchRules> {
    const repository = await this.#client.want({ to: 'read the repository', url: this.#url }, signal);
    const canWrite = mappingAt(repository, 'permissions')['push'] === true;
    const url = `${this.#url}/branches/${encodeURIComponent(branch)}`;
    const json = await this.#client.want({ to: 'read the branch', url }, signal);
    const isProtected = json['protected'] === true;
    return {
      canWrite,
      isProtected: isProtected && json['user_can_push'] !== true,
      needsSignature: isProtected ? await this.#needsSignature(json, signal) : false,
    };
  }

  /** Told by one answer, where scanning the list would need many. A base with a slash has no such address everywhere. */
  async #hadNone(head: string, base: string, signal: AbortSignal): Promise<boolean> {
    if (base.includes('/')) return false;
    const url = `${this.#url}/pulls/${encodeURIComponent(base)}/${encodeURIComponent(head)}`;
    const request = { to: 'list pull requests', url };
    const answer = await this.#client.ask(request, signal);
    if (answer.status !== 404 && answer.status !== 200) throw this.#client.refusal(request, answer);
    if (answer.status === 200) return false;
    // It says the same of a repository that is not there, or not for us.
    await this.#client.want({ to: 'read the repository', url: this.#url }, signal);
    return true;
  }

  /** Gives the open request that somebody was faster with. */
  async #create(draft: PullRequestDraft, signal: AbortSignal): Promise<Untyped> {
    const { head, base, body, isDraft } = draft;
    const title = TITLE.write(draft.title, isDraft);
    const request = {
      to: 'open a pull request',
      method: 'POST',
      url: `${this.#url}/pulls`,
      body: { head, base, title, body },
    } as const;
    const answer = await this.#client.ask(request, signal);
    if (answer.status === 201 && isUntyped(answer.body)) return answer.body;
    const [existing] = answer.status === 409 ? await this.find(head, base, signal) : [];
    if (existing?.state === 'open') return this.#update(draft, existing, signal);
    throw this.#client.refusal(request, answer);
  }

  /** Whether it is a draft stays as people left it. */
  async #update(draft: PullRequestDraft, { id, isDraft }: PullRequest, signal: AbortSignal): Promise<Untyped> {
    const json = await this.#get(id, signal);
    const title = TITLE.write(draft.title, isDraft);
    if (json['title'] === title && json['body'] === draft.body) return json;
    return this.#patch(id, { title, body: draft.body }, signal);
  }

  async #addLabels({ id }: PullRequest, labels: readonly string[], remarks: string[], signal: AbortSignal) {
    if (labels.length === 0) return;
    const ids: number[] = [];
    const known = await this.#knownLabels(signal);
    for (const name of labels) {
      const present = known.get(name);
      if (present !== undefined) ids.push(present);
      else {
        await optionally(remarks, `the label ${name}`, async () => {
          const body = { name, color: NEW_LABEL_COLOR };
          const url = `${this.#url}/labels`;
          const made = await this.#client.want({ to: 'make a label', method: 'POST', url, body }, signal);
          ids.push(Number(made['id']));
        });
      }
    }
    const url = `${this.#url}/issues/${id}/labels`;
    await optionally(remarks, 'labels', async () => {
      if (ids.length === 0) return;
      await this.#client.wantList({ to: 'set labels', method: 'POST', url, body: { labels: ids } }, signal);
    });
  }

  /** Ids by name: those of the organisation, where the owner is one, and the repository's own. */
  async #knownLabels(signal: AbortSignal): Promise<ReadonlyMap<string, number>> {
    const known = new Map<string, number>();
    const learn = async (url: string) => {
      for await (const page of this.#client.pages(
        { to: 'list labels', url, query: { limit: PAGE } },
        MOST_PAGES,
        signal,
      )) {
        for (const json of page) known.set(textAt(json, 'name') ?? '', Number(json['id']));
      }
    };
    await optionally([], "the organisation's labels", () => learn(this.#organisationLabels));
    await learn(`${this.#url}/labels`);
    return known;
  }

  /** The list replaces the one before, so those whom people added are in it. */
  async #addAssignees(
    { id }: PullRequest,
    wanted: readonly string[],
    present: readonly string[],
    remarks: string[],
    signal: AbortSignal,
  ): Promise<void> {
    const assignees = [...present];
    for (const assignee of missingFrom(present, wanted)) {
      await optionally(remarks, `the assignee ${assignee}`, async () => {
        await this.#patch(id, { assignees: [...assignees, assignee] }, signal);
        assignees.push(assignee);
      });
    }
  }

  /** One by one: an unknown name makes Gitea refuse all of them. "acme/team" is a team. */
  async #askReview({ id }: PullRequest, reviewer: string, remarks: string[], signal: AbortSignal): Promise<void> {
    const team = reviewer.split('/')[1];
    const body = team === undefined ? { reviewers: [reviewer] } : { team_reviewers: [team] };
    const url = `${this.#url}/pulls/${id}/requested_reviewers`;
    await optionally(remarks, `the reviewer ${reviewer}`, async () => {
      await this.#client.wantList({ to: 'ask for a review', method: 'POST', url, body }, signal);
    });
  }

  async #checkedForConflicts(id: string, signal: AbortSignal): Promise<Untyped> {
    for (let looks = 1; ; looks++) {
      const json = await this.#get(id, signal);
      if (json['state'] !== 'open' || json['draft'] === true || json['mergeable'] === true) return json;
      if (looks >= MOST_LOOKS) return json;
      await this.#client.pause(BETWEEN_LOOKS_MS, signal);
    }
  }

  /** The combined state is that of one page alone. */
  async #checks(commit: string, signal: AbortSignal): Promise<Checks> {
    const states: string[] = [];
    let seen = 0;
    for (let page = 1; page <= MOST_PAGES; page++) {
      const url = `${this.#url}/commits/${encodeURIComponent(commit)}/status`;
      const json = await this.#client.want({ to: 'read checks', url, query: { page, limit: PAGE } }, signal);
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
    const repository = await this.#client.want({ to: 'read the repository', url: this.#url }, signal);
    const request = {
      to: 'merge',
      method: 'POST',
      url: `${this.#url}/pulls/${id}/merge`,
      body: {
        Do: textAt(repository, 'default_merge_style') ?? 'merge',
        head_commit_id: commit,
        ...(how === 'forge' ? { merge_when_checks_succeed: true } : {}),
      },
    } as const;
    const answer = await this.#client.ask(request, signal);
    const reason = this.#client.reason(answer) || `Gitea answered ${answer.status}`;
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
        throw this.#client.refusal(request, answer);
    }
  }

  /** Rules are told to administrators alone. */
  async #needsSignature(branch: Untyped, signal: AbortSignal): Promise<boolean | undefined> {
    const rule = textAt(branch, 'effective_branch_protection_name') ?? '';
    if (rule === '') return undefined;
    const url = `${this.#url}/branch_protections/${encodeURIComponent(rule)}`;
    const { status, body } = await this.#client.ask({ to: 'read branch protection', url }, signal);
    return status === 200 && isUntyped(body) ? body['require_signed_commits'] === true : undefined;
  }

  #get(id: string, signal: AbortSignal): Promise<Untyped> {
    const url = `${this.#url}/pulls/${encodeURIComponent(id)}`;
    return this.#client.want({ to: 'read the pull request', url }, signal);
  }

  #patch(id: string, body: Untyped, signal: AbortSignal): Promise<Untyped> {
    const url = `${this.#url}/pulls/${encodeURIComponent(id)}`;
    return this.#client.want({ to: 'change the pull request', method: 'PATCH', url, body }, signal);
  }

  #read(json: Untyped): PullRequest {
    const id = textAt(json, 'number');
    const url = textAt(json, 'html_url');
    if (id === undefined || url === undefined) {
      throw this.#client.invalid({ to: 'read', url: this.#url }, 'a pull request has no number or URL');
    }
    const isDraft = flagAt(json, 'draft');
    const title = textAt(json, 'title') ?? '';
    return {
      id,
      url,
      state: flagAt(json, 'merged') ? 'merged' : json['state'] === 'open' ? 'open' : 'closed',
      title: isDraft ? TITLE.read(title) : title,
      body: textAt(json, 'body') ?? '',
      head: textAt(mappingAt(json, 'head'), 'label') ?? '',
      base: textAt(mappingAt(json, 'base'), 'ref') ?? '',
      headCommit: textAt(mappingAt(json, 'head'), 'sha') ?? '',
      isDraft,
    };
  }
}

/** A deleted head branch keeps its name in `label`; its `ref` is another one then. */
function isFrom(json: Untyped, head: string, base: string): boolean {
  const from = mappingAt(json, 'head');
  const to = mappingAt(json, 'base');
  return from['label'] === head && to['ref'] === base && from['repo_id'] === to['repo_id'];
}

function teams(json: Untyped): readonly string[] {
  const owner = textAt(mappingAt(mappingAt(mappingAt(json, 'base'), 'repo'), 'owner'), 'login') ?? '';
  return namesIn(json, 'requested_reviewers_teams', 'name').map((team) => `${owner}/${team}`);
}
