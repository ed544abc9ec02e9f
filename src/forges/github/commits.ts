import { Failure } from '../../core/failure.ts';
import { mappingAt, textAt } from '../../core/untyped.ts';
import type { ApiCommitDraft, ApiCommitResult, ApiCommits } from '../../ports/forge.ts';
import type { GithubApi, GraphqlAnswer } from './api.ts';

/** GitHub takes bodies of up to 40 MB, in which base64 makes four bytes of three. */
const MOST_BYTES = 25 * 1024 * 1024;
/** Upstream's words for a message that a template left empty. */
const NO_MESSAGE = 'Update container image versions';

const CREATE_COMMIT = `mutation ($input: CreateCommitOnBranchInput!) {
  createCommitOnBranch(input: $input) { commit { oid } }
}`;

/** Commits of an App, which GitHub signs: their author is the App, whatever the settings say. */
export class GithubCommits implements ApiCommits {
  readonly #api: GithubApi;

  constructor(api: GithubApi) {
    this.#api = api;
  }

  async commit(draft: ApiCommitDraft, signal: AbortSignal): Promise<ApiCommitResult> {
    const to = `commit to the branch ${draft.branch}`;
    checkSize(draft);
    const input = {
      branch: { repositoryNameWithOwner: this.#api.fullName, branchName: draft.branch },
      expectedHeadOid: draft.expectedHead,
      message: splitMessage(draft.message),
      fileChanges: { additions: [...draft.files].map(([path, bytes]) => ({ path, contents: base64(bytes) })) },
    };
    const answer = await this.#api.graphql(to, CREATE_COMMIT, input, signal);
    if (isRace(answer)) return { kind: 'raced' };
    const commit = textAt(mappingAt(mappingAt(answer.data, 'createCommitOnBranch'), 'commit'), 'oid');
    if (answer.errors.length > 0 || commit === undefined) throw this.#api.graphqlRefusal(to, answer);
    return { kind: 'committed', commit };
  }
}

function isRace({ errors }: GraphqlAnswer): boolean {
  return errors.some(({ type, message }) => type === 'STALE_DATA' || /expected branch to point to/i.test(message));
}

function checkSize({ files, branch }: ApiCommitDraft): void {
  const bytes = [...files.values()].reduce((sum, content) => sum + content.length, 0);
  if (bytes <= MOST_BYTES) return;
  throw new Failure(
    'FORGE_REFUSED',
    `a commit to ${branch} has ${bytes} bytes of files, more than GitHub's API takes`,
    {
      fix: 'use --git-commit-method git',
    },
  );
}

/** The first line, and what follows without the blank line between. */
function splitMessage(message: string): { readonly headline: string; readonly body?: string } {
  const [first = '', ...rest] = message.trim().split('\n');
  const body = rest.join('\n').trim();
  return { headline: first.trim() || NO_MESSAGE, ...(body === '' ? {} : { body }) };
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64');
}
