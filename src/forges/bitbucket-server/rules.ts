import { isUntyped, listAt, mappingAt, textAt, textsAt, type Untyped } from '../../core/untyped.ts';
import type { BranchRules } from '../../ports/forge.ts';
import { ifTold } from '../remarks.ts';
import type { ServerApi } from './api.ts';

const WILDCARDS: ReadonlyMap<string, string> = new Map([
  ['**/', '(?:.*/)?'],
  ['**', '.*'],
  ['*', '[^/]*'],
  ['?', '[^/]'],
]);

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
  const judged = all
    .filter(({ type }) => type === 'read-only' || type === 'pull-request-only')
    .map((restriction) => holds(restriction, branch, user));
  if (judged.includes(true)) return true;
  return judged.includes(undefined) ? undefined : false;
}

function holds(restriction: Untyped, branch: string, user: string): boolean | undefined {
  const applies = matches(mappingAt(restriction, 'matcher'), branch);
  if (applies === false) return false;
  const users = listAt(restriction, 'users').flatMap((each) => (isUntyped(each) ? (textAt(each, 'name') ?? []) : []));
  if (users.some((name) => name === user || encodeURIComponent(name) === user)) return false;
  return textsAt(restriction, 'groups').length > 0 ? undefined : applies;
}

function matches(matcher: Untyped, branch: string): boolean | undefined {
  const id = textAt(matcher, 'id') ?? '';
  switch (textAt(mappingAt(matcher, 'type'), 'id')) {
    case 'ANY_REF':
      return true;
    case 'BRANCH':
      return id === `refs/heads/${branch}`;
    case 'PATTERN':
      return matchesPattern(id, branch);
    default:
      return undefined;
  }
}

/**
 * `?` is one character and `*` any, both without slashes; two stars are any folders. A pattern may begin at any folder
 * of the full name, and one that ends with a slash means all below.
 * @see https://confluence.atlassian.com/bitbucketserver/branch-permission-patterns-776639814.html
 */
function matchesPattern(pattern: string, branch: string): boolean {
  const whole = pattern.endsWith('/') ? `${pattern}**` : pattern;
  const source = whole
    .split(/(\*\*\/|\*\*|\*|\?)/)
    .map((part) => WILDCARDS.get(part) ?? RegExp.escape(part))
    .join('');
  return new RegExp(`^(?:.*/)?${source}$`).test(`refs/heads/${branch}`);
}

async function isSignatureWanted(api: ServerApi, signal: AbortSignal): Promise<boolean> {
  const url = `${api.url}/settings/hooks/${encodeURIComponent(SIGNATURE_HOOK)}`;
  const hook = await api.client.want({ to: 'read the hooks', url }, signal);
  return hook['enabled'] === true;
}
