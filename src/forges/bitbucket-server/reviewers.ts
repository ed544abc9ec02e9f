import { isUntyped, listAt, mappingAt, textAt, type Untyped } from '../../core/untyped.ts';
import { missingFrom } from '../names.ts';
import { optionally } from '../remarks.ts';
import { branchOf, type ServerApi } from './api.ts';

/** Bitbucket's own page asks them for every request; its API leaves that to whoever opens one. */
export async function defaultReviewers(
  api: ServerApi,
  json: Untyped,
  remarks: string[],
  signal: AbortSignal,
): Promise<readonly string[]> {
  const repositoryId = textAt(mappingAt(mappingAt(json, 'toRef'), 'repository'), 'id') ?? '';
  const query = {
    sourceRepoId: repositoryId,
    targetRepoId: repositoryId,
    sourceRefId: `refs/heads/${branchOf(json, 'fromRef')}`,
    targetRefId: `refs/heads/${branchOf(json, 'toRef')}`,
  };
  const url = `${api.rest}/default-reviewers/1.0${api.repository}/reviewers`;
  const author = nameOf(mappingAt(json, 'author'));
  const found: string[] = [];
  await optionally(remarks, 'default reviewers', async () => {
    const users = await api.client.wantList({ to: 'list default reviewers', url, query }, signal);
    found.push(...users.flatMap((user) => textAt(user, 'name') ?? []).filter((name) => name !== author));
  });
  return found;
}

/** Adds those who are not asked yet. One by one: of a list, one unknown name makes Bitbucket refuse all. */
export async function addReviewers(
  api: ServerApi,
  json: Untyped,
  wanted: readonly string[],
  remarks: string[],
  signal: AbortSignal,
): Promise<void> {
  const url = `${api.requestUrl(textAt(json, 'id') ?? '')}/participants`;
  const present = listAt(json, 'reviewers').filter(isUntyped).map(nameOf);
  for (const name of missingFrom(present, wanted)) {
    const body = { user: { name }, role: 'REVIEWER' };
    await optionally(remarks, `the reviewer ${name}`, () =>
      api.client.want({ to: 'ask for a review', method: 'POST', url, body }, signal),
    );
  }
}

function nameOf(participant: Untyped): string {
  return textAt(mappingAt(participant, 'user'), 'name') ?? '';
}
