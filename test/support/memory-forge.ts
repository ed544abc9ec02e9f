import { Failure } from '../../src/core/failure.ts';
import type { ForgeKind } from '../../src/core/pull-requests/pull-request.ts';
import type { Forge, Forges, MergeResult, PullRequest, PullRequestDraft } from '../../src/ports/forge.ts';

/** A forge without a network, over a repository that knows its branches' heads. */
export interface MemoryForge {
  readonly forges: Forges;
  /** All requests, the oldest first; a person may change them. */
  readonly requests: StoredRequest[];
  /** Calls so far, by name: "find", "save", "close", "merge". */
  readonly calls: string[];
  /** What `merge` answers; it merges by `merged`. */
  mergeResult: MergeResult;
  /** Thrown by the next calls of that name. */
  readonly faults: Map<string, Failure>;
}

interface StoredRequest extends Omit<PullRequestDraft, 'isDraft'> {
  readonly id: string;
  state: PullRequest['state'];
  title: string;
  body: string;
  labels: readonly string[];
  isDraft: boolean;
  readonly comments: string[];
}

/**
 * @param headOf a branch's present commit, "" when there is none
 * @param merge puts a branch into its base
 */
export function memoryForge(
  headOf: (branch: string) => Promise<string>,
  merge: (head: string, base: string) => Promise<void> = async () => {},
): MemoryForge {
  const requests: StoredRequest[] = [];
  const calls: string[] = [];
  const faults = new Map<string, Failure>();
  const called = (name: string) => {
    calls.push(name);
    const fault = faults.get(name);
    if (fault) throw fault;
  };
  const seen = async (stored: StoredRequest): Promise<PullRequest> => ({
    id: stored.id,
    url: `https://forge.example/pulls/${stored.id}`,
    state: stored.state,
    title: stored.title,
    body: stored.body,
    head: stored.head,
    base: stored.base,
    headCommit: await headOf(stored.head),
    isDraft: stored.isDraft,
  });
  const openOf = (head: string, base: string) =>
    requests.find((one) => one.state === 'open' && one.head === head && one.base === base);
  const stored = (id: string) => {
    const found = requests.find((one) => one.id === id);
    if (!found) throw new Failure('FORGE_NOT_FOUND', `no request ${id}`, { fix: 'look again' });
    return found;
  };
  const forgeOf = (kind: ForgeKind): Forge => ({
    kind,
    mostBody: 4_000,
    branches: { rules: async () => ({ canWrite: true, isProtected: false, needsSignature: false }) },
    pullRequests: {
      find: async (head, base) => {
        called('find');
        const found = requests.filter((one) => one.head === head && one.base === base).toReversed();
        const ordered = [
          ...found.filter(({ state }) => state === 'open'),
          ...found.filter(({ state }) => state !== 'open'),
        ];
        return await Promise.all(ordered.map(seen));
      },
      save: async (draft, existing) => {
        called('save');
        const known = existing ? stored(existing.id) : openOf(draft.head, draft.base);
        if (known) {
          const labels = [...new Set([...known.labels, ...draft.labels])];
          Object.assign(known, { title: draft.title, body: draft.body, labels });
          return { request: await seen(known), remarks: [] };
        }
        if ((await headOf(draft.head)) === '') throw new Failure('FORGE_REFUSED', 'no such head', { fix: 'push it' });
        const made: StoredRequest = { ...draft, id: String(requests.length + 1), state: 'open', comments: [] };
        requests.push(made);
        return { request: await seen(made), remarks: [] };
      },
      close: async ({ id }, comment) => {
        called('close');
        const one = stored(id);
        one.comments.push(comment);
        if (one.state === 'open') one.state = 'closed';
      },
    },
    merging: {
      merge: async ({ id }, headCommit) => {
        called('merge');
        const one = stored(id);
        if ((await headOf(one.head)) !== headCommit) return { kind: 'refused', reason: 'the head has moved' };
        if (forge.mergeResult.kind === 'merged') {
          await merge(one.head, one.base);
          one.state = 'merged';
        }
        return forge.mergeResult;
      },
    },
  });
  const forge: MemoryForge = {
    requests,
    calls,
    faults,
    mergeResult: { kind: 'waiting', reason: 'checks run' },
    forges: {
      open: async (_, kind) => {
        called('open');
        return forgeOf(kind === 'auto' ? 'gitea' : kind);
      },
      [Symbol.asyncDispose]: async () => {},
    },
  };
  return forge;
}
