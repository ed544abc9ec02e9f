import { textAt, type Untyped } from '../../core/untyped.ts';
import { missingFrom, namesIn } from '../names.ts';
import { optionally } from '../remarks.ts';
import type { AzureApi } from './api.ts';
import { identitiesAt } from './place.ts';

/** Adds those who are not asked yet: another vote of nought would undo the one that somebody gave. */
export async function addReviewers(
  api: AzureApi,
  json: Untyped,
  wanted: readonly string[],
  remarks: string[],
  signal: AbortSignal,
): Promise<void> {
  const present = namesIn(json, 'reviewers', 'id');
  const url = `${api.requestUrl(textAt(json, 'pullRequestId') ?? '')}/reviewers`;
  for (const name of wanted) {
    await optionally(remarks, `the reviewer ${name}`, async () => {
      const id = await identityOf(api, name, signal);
      if (id === undefined) {
        remarks.push(`without the reviewer ${name}: not one user or group is called so`);
      } else if (missingFrom(present, [id]).length > 0) {
        const order = { to: 'ask for a review', method: 'PUT', url: `${url}/${id}`, body: { vote: 0 } } as const;
        await api.client.want(order, signal);
      }
    });
  }
}

/** A name is an id, or an account, an e-mail address or a display name, of a person or a group. */
async function identityOf(api: AzureApi, name: string, signal: AbortSignal): Promise<string | undefined> {
  if (/^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(name)) return name;
  const query = { searchFilter: 'General', filterValue: name };
  const url = `${identitiesAt(api.api)}/_apis/identities`;
  const found = await api.list({ to: 'look for a user', url, query }, signal);
  const [only, second] = found.filter((identity) => identity['isActive'] !== false);
  return only === undefined || second !== undefined ? undefined : textAt(only, 'id');
}
