import { isUntyped, type Untyped } from '../core/untyped.ts';
import type { PullRequest, PullRequestDraft, PullRequests } from '../ports/forge.ts';
import type { ForgeAnswer, ForgeClient, ForgeRequest } from './forge-client.ts';
import { openFirst } from './found-requests.ts';
import { isRefusal } from './remarks.ts';

/** One repository on a forge, and how its requests are read. */
export interface RequestApi {
  readonly client: ForgeClient;
  /** Of the repository. */
  readonly url: string;
  get(id: string, signal: AbortSignal): Promise<Untyped>;
  /** "" where a request has no number or page. */
  read(json: Untyped, signal: AbortSignal): PullRequest | Promise<PullRequest>;
}

/** What a forge calls the parts of a request, and how it is told. What holds on every forge is in `pullRequestsOf`. */
export interface RequestWords {
  /** Of every state and in any order; a fork may have a branch of the same name, whose requests are left out. */
  list(head: string, base: string, signal: AbortSignal): Promise<readonly PullRequest[]>;
  /** The fields of title and body. */
  text(draft: PullRequestDraft, isDraft: boolean): Untyped;
  opening(draft: PullRequestDraft): ForgeRequest;
  /** Whether this is what the forge answers to whoever opens a request a second time. */
  isTaken(answer: ForgeAnswer): boolean;
  /** Whether this is what it answers to whoever opens a draft where there are none. */
  hasNoDrafts?(answer: ForgeAnswer): boolean;
  /**
   * For a forge that opens a request each for two who ask in the same moment: whoever has the younger one closes it.
   * @returns the older one; undefined when the request that was opened is the only one
   */
  giveWay?(json: Untyped, draft: PullRequestDraft, signal: AbortSignal): Promise<PullRequest | undefined>;
  change(id: string, text: Untyped, signal: AbortSignal): Promise<Untyped>;
  /** Labels and people. @param json  the request as it is now; @param isNew  whether it was to be opened */
  addExtras(
    json: Untyped,
    draft: PullRequestDraft,
    isNew: boolean,
    remarks: string[],
    signal: AbortSignal,
  ): Promise<void>;
  comment(id: string, text: string): Pick<ForgeRequest, 'url' | 'body'>;
  /** Closes it without merging. */
  end(id: string, signal: AbortSignal): Promise<unknown>;
}

/** The requests of one repository, by the rules that are the same on every forge. */
export function pullRequestsOf(api: RequestApi, words: RequestWords): PullRequests {
  const { client } = api;
  const find: PullRequests['find'] = async (head, base, signal) => {
    const found = await words.list(head, base, signal);
    return openFirst(found.map((request) => usable(api, request)));
  };

  /** Whether it is a draft stays as people left it. */
  const update = async (draft: PullRequestDraft, { id, isDraft }: PullRequest, signal: AbortSignal) => {
    const json = await api.get(id, signal);
    const text = words.text(draft, isDraft);
    const isSame = Object.entries(text).every(([field, value]) => (json[field] ?? '') === value);
    return isSame ? json : words.change(id, text, signal);
  };

  /** Somebody who was faster may have opened it: then that one is brought up to date. */
  const create = async (draft: PullRequestDraft, remarks: string[], signal: AbortSignal): Promise<Untyped> => {
    const request = words.opening(draft);
    const answer = await client.ask(request, signal);
    if (answer.status === 201 && isUntyped(answer.body)) {
      const first = await words.giveWay?.(answer.body, draft, signal);
      return first === undefined ? answer.body : update(draft, first, signal);
    }
    const [existing] = words.isTaken(answer) ? await find(draft.head, draft.base, signal) : [];
    if (existing?.state === 'open') return update(draft, existing, signal);
    if (draft.isDraft && words.hasNoDrafts?.(answer)) {
      remarks.push(`without being a draft: ${client.reason(answer)}`);
      return create({ ...draft, isDraft: false }, remarks, signal);
    }
    throw client.refusal(request, answer);
  };

  return {
    find,
    async save(draft, existing, signal) {
      const remarks: string[] = [];
      const isNew = existing === undefined;
      const json = await (isNew ? create(draft, remarks, signal) : update(draft, existing, signal));
      await words.addExtras(json, draft, isNew, remarks, signal);
      return { request: usable(api, await api.read(json, signal)), remarks };
    },
    async close({ id }, comment, signal) {
      const isOpen = async () => (await api.read(await api.get(id, signal), signal)).state === 'open';
      if (!(await isOpen())) return;
      await client.want({ to: 'comment', method: 'POST', ...words.comment(id, comment) }, signal);
      try {
        await words.end(id, signal);
      } catch (error) {
        // Somebody was faster.
        if (!isRefusal(error) || (await isOpen())) throw error;
      }
    },
  };
}

/** @throws {Failure} FORGE_INVALID_ANSWER for a request that nobody could name again */
function usable({ client, url }: RequestApi, request: PullRequest): PullRequest {
  if (request.id !== '' && request.url !== '') return request;
  throw client.invalid({ to: 'read', url }, 'a pull request has no number or URL');
}
