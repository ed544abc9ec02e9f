import { RE2JS } from 're2js';
import { listAt, textAt, type Untyped } from '../../core/untyped.ts';
import type { BranchRules } from '../../ports/forge.ts';
import type { ForgeAnswer } from '../forge-client.ts';
import { ifTold, isAny } from '../rules.ts';
import { type CloudApi, quoted } from './api.ts';

/** What Bitbucket Cloud tells of a branch. Restrictions are told to administrators of the repository alone. */
export async function readRules(api: CloudApi, branch: string, signal: AbortSignal): Promise<BranchRules> {
  const request = { to: 'read the repository', url: api.url };
  const answer = await api.client.ask(request, signal);
  if (answer.status !== 200) throw api.client.refusal(request, answer);
  const [canWrite, isProtected] = await Promise.all([
    hasNoRightToWrite(answer) ? false : ifTold(() => isAmongWritable(api, signal)),
    ifTold(() => isRestricted(api, branch, signal)),
  ]);
  return { canWrite, isProtected, needsSignature: undefined };
}

/** What a token is good for comes with every answer: "repository:write, pullrequest:write". */
function hasNoRightToWrite({ headers }: ForgeAnswer): boolean {
  const scopes = [headers['x-oauth-scopes'] ?? []].flat().join(',');
  return scopes !== '' && !/\b(?:repository:(?:write|admin)|(?:write|admin):repository)\b/.test(scopes);
}

/** There is no question for one's own rights, but a list of the repositories that a user may write to. */
async function isAmongWritable(api: CloudApi, signal: AbortSignal): Promise<true | undefined> {
  const url = `${api.root}/repositories/${encodeURIComponent(api.workspace)}`;
  const query = { role: 'contributor', q: `full_name = ${quoted(api.fullName)}` };
  const request = { to: 'list repositories', url, query };
  const found = api.client.itemsIn(request, await api.client.want(request, signal), 'values');
  // An access token is nobody's: that nothing is in its list says nothing.
  return found.length > 0 ? true : undefined;
}

async function isRestricted(api: CloudApi, branch: string, signal: AbortSignal): Promise<boolean | undefined> {
  const all = await api.all({ to: 'read branch restrictions', url: `${api.url}/branch-restrictions` }, signal);
  const pushes = all.filter((restriction) => restriction['kind'] === 'push');
  return isAny(pushes.map((restriction) => refuses(restriction, branch)));
}

/** undefined where the branching model tells, or somebody may push all the same, which may be us. */
function refuses(restriction: Untyped, branch: string): boolean | undefined {
  if (restriction['branch_match_kind'] === 'branching_model') return undefined;
  if (!matches(textAt(restriction, 'pattern') ?? '', branch)) return false;
  const hasExceptions = listAt(restriction, 'users').length > 0 || listAt(restriction, 'groups').length > 0;
  return hasExceptions ? undefined : true;
}

/** In a pattern of Bitbucket Cloud `*` stands for any characters, slashes too. In linear time. */
function matches(pattern: string, branch: string): boolean {
  const parts = pattern.split(/\*+/).map((part) => RE2JS.quote(part));
  return RE2JS.compile(parts.join('.*')).testExact(branch);
}
