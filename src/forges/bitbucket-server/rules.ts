import { isUntyped, listAt, mappingAt, textAt, textsAt, type Untyped } from '../../core/untyped.ts';
import type { BranchRules } from '../../ports/forge.ts';
import { ifTold, isAny } from '../rules.ts';
import type { ServerApi } from './api.ts';
import { matchesBranch } from './branch-matcher.ts';

const SIGNATURE_HOOK = 'com.atlassian.bitbucket.server.bitbucket-bundled-hooks:verify-commit-signature-hook';

/** What Bitbucket tells of a branch. Branch permissions and hooks are told to administrators of the repository alone. */
export async function readRules(api: ServerApi, branch: string, signal: AbortSignal): Promise<BranchRules> {
  const request = { to: 'read the repository', url: api.url };
  const answer = await api.client.ask(request, signal);
  if (answer.status !== 200 || !isUntyped(answer.body)) throw api.client.refusal(request, answer);
  const name = textAt(answer.body, 'name') ?? api.slug;
  const user = [answer.headers['x-ausername'] ?? []].flat()[0] ?? '';
  const [canWrite, isProtected, needsSignature] = await Promise.all([
    ifTold(() => isWritable(api, name, signal)),
    ifTold(() => isRestricted(api, branch, user, signal)),
    ifTold(() => isSignatureWanted(api, signal)),
  ]);
  return { canWrite, isProtected, needsSignature };
}

/** There is no question for one's own rights, but a list of the repositories that one may write to. */
async function isWritable(api: ServerApi, name: string, signal: AbortSignal): Promise<boolean> {
  const query = { permission: 'REPO_WRITE', name, projectkey: api.project };
  const found = await api.all({ to: 'list repositories', url: `${api.rest}/api/1.0/repos`, query }, signal);
  return found.some((repository) => api.isThis(repository));
}

/** undefined where it takes the branching model, or the groups that we are in, to tell. */
async function isRestricted(
  api: ServerApi,
  branch: string,
  user: string,
  signal: AbortSignal,
): Promise<boolean | undefined> {
  const url = `${api.rest}/branch-permissions/2.0${api.repository}/restrictions`;
  const all = await api.all({ to: 'read branch permissions', url }, signal);
  const pushes = all.filter(({ type }) => type === 'read-only' || type === 'pull-request-only');
  return isAny(pushes.map((restriction) => refuses(restriction, branch, user)));
}

/**
 * Whether a branch permission keeps a user from pushing; undefined where groups or the branching model tell.
 * @param user  as the header X-AUSERNAME has it
 */
export function refuses(restriction: Untyped, branch: string, user: string): boolean | undefined {
  const applies = matchesBranch(mappingAt(restriction, 'matcher'), branch);
  if (applies === false) return false;
  const users = listAt(restriction, 'users').flatMap((each) => (isUntyped(each) ? (textAt(each, 'name') ?? []) : []));
  if (users.some((name) => name === user || encodeURIComponent(name) === user)) return false;
  return textsAt(restriction, 'groups').length > 0 ? undefined : applies;
}

async function isSignatureWanted(api: ServerApi, signal: AbortSignal): Promise<boolean> {
  const url = `${api.url}/settings/hooks/${encodeURIComponent(SIGNATURE_HOOK)}`;
  const hook = await api.client.want({ to: 'read the hooks', url }, signal);
  return hook['enabled'] === true;
}
