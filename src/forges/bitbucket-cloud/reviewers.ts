import { mappingAt, textAt, type Untyped } from '../../core/untyped.ts';
import { namesIn } from '../names.ts';
import { optionally } from '../remarks.ts';
import type { CloudApi } from './api.ts';

/** Bitbucket's own page asks them for every request; its API leaves that to whoever opens one. */
export async function defaultReviewers(
  api: CloudApi,
  json: Untyped,
  remarks: string[],
  signal: AbortSignal,
): Promise<readonly string[]> {
  const found: string[] = [];
  const request = { to: 'list default reviewers', url: `${api.url}/effective-default-reviewers` };
  await optionally(remarks, 'default reviewers', async () => {
    const users = (await api.all(request, signal)).map((item) => mappingAt(item, 'user'));
    found.push(...users.flatMap((user) => textAt(user, 'uuid') ?? []));
  });
  return found.filter((uuid) => uuid !== textAt(mappingAt(json, 'author'), 'uuid'));
}

/**
 * Adds those who are not asked yet. One by one: Bitbucket refuses a whole list for one whom it does not want.
 * @param wanted  as `findUsers` reads them
 */
export async function addReviewers(
  api: CloudApi,
  json: Untyped,
  wanted: readonly string[],
  remarks: string[],
  signal: AbortSignal,
): Promise<void> {
  let present = namesIn(json, 'reviewers', 'uuid');
  for (const [name, uuid] of await findUsers(api, wanted, remarks, signal)) {
    if (present.includes(uuid)) continue;
    await optionally(remarks, `the reviewer ${name}`, async () => {
      // The list replaces the one before, so those whom people added are in it.
      const reviewers = [...present, uuid].map((each) => ({ uuid: each }));
      const body = { title: textAt(json, 'title') ?? '', reviewers };
      present = namesIn(await api.put(textAt(json, 'id') ?? '', body, signal), 'reviewers', 'uuid');
    });
  }
}

/** Uuids by name. Nobody has a user name any more: a name is a uuid, or what one member of the workspace is called. */
async function findUsers(
  api: CloudApi,
  names: readonly string[],
  remarks: string[],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, string>> {
  const found = new Map(names.filter((name) => /^\{[0-9a-f-]+\}$/i.test(name)).map((uuid) => [uuid, uuid]));
  const others = names.filter((name) => !found.has(name));
  if (others.length === 0) return found;
  const url = `${api.root}/workspaces/${encodeURIComponent(api.workspace)}/members`;
  await optionally(remarks, `the reviewers ${others.join(', ')}`, async () => {
    const members = await api.all({ to: 'list the members of the workspace', url }, signal);
    const users = members.map((member) => mappingAt(member, 'user'));
    for (const name of others) {
      const called = users.filter((user) => isCalled(user, name)).flatMap((user) => textAt(user, 'uuid') ?? []);
      const [uuid] = called;
      if (uuid !== undefined && called.length === 1) found.set(name, uuid);
      else remarks.push(`without the reviewer ${name}: ${called.length} members of the workspace are called so`);
    }
  });
  return found;
}

function isCalled(user: Untyped, name: string): boolean {
  const names = ['account_id', 'nickname', 'display_name'].map((key) => textAt(user, key)?.toLowerCase());
  return names.includes(name.toLowerCase());
}
