import { Failure } from '../../core/failure.ts';
import { textAt } from '../../core/untyped.ts';
import { isSafeAddress } from './http.ts';
import { type Insisting, insist } from './insist.ts';

/** Where a job of GitHub Actions gets its token; GitHub sets both where the job has `id-token: write`. */
export interface GithubTokenSource {
  readonly url: string;
  readonly requestToken: string;
}

/**
 * The job's own token.
 * @param audience  what it shall be made for
 * @throws {Failure} HANDOFF_REFUSED
 * @see https://docs.github.com/en/actions/reference/security/oidc
 */
export async function githubToken(
  { url, requestToken }: GithubTokenSource,
  audience: string,
  tools: Insisting,
  signal: AbortSignal,
): Promise<string> {
  const address = URL.parse(url);
  if (address === null || !isSafeAddress(url)) throw failure('ACTIONS_ID_TOKEN_REQUEST_URL is no https address');
  address.searchParams.set('audience', audience);
  const question = {
    method: 'GET',
    url: address.href,
    authorization: `Bearer ${requestToken}`,
    body: undefined,
  } as const;
  const answer = await insist(tools, question, signal);
  if ('kind' in answer) throw failure(`GitHub cannot be asked for a token (${answer.code})`);
  const token = textAt(answer.body, 'value');
  if (answer.status !== 200 || !token) throw failure(`GitHub gives no token (${answer.status})`);
  return token;
}

function failure(message: string): Failure {
  const fix = 'give the job permissions: {id-token: write}';
  return new Failure('HANDOFF_REFUSED', message, { fix, object: 'GitHub Actions' });
}
