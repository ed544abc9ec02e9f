import { isUntyped, listAt, mappingAt, textAt, type Untyped } from '../../core/untyped.ts';
import type { BranchRules } from '../../ports/forge.ts';
import { ifTold } from '../rules.ts';
import { type AzureApi, PREVIEW } from './api.ts';

/** The security namespace "Git Repositories", and two of its permissions. */
const GIT_REPOSITORIES = '2e9eb7ed-3c0a-47d4-87c1-0ffdd275fd87';
const CONTRIBUTE = 4;
const BYPASS_WHEN_PUSHING = 128;

/** What Azure DevOps tells of a branch. It has no rule about signatures. */
export async function readRules(api: AzureApi, branch: string, signal: AbortSignal): Promise<BranchRules> {
  const repository = await api.client.want({ to: 'read the repository', url: api.url }, signal);
  const id = textAt(repository, 'id') ?? '';
  const token = securityToken(textAt(mappingAt(repository, 'project'), 'id') ?? '', id, branch);
  const may = (permission: number) => ifTold(() => isPermitted(api, token, permission, signal));
  const [canWrite, hasPolicies, canBypass] = await Promise.all([
    may(CONTRIBUTE),
    ifTold(() => needsRequests(api, id, branch, signal)),
    may(BYPASS_WHEN_PUSHING),
  ]);
  return { canWrite, isProtected: refusesPushes(hasPolicies, canBypass), needsSignature: false };
}

/** Whether a branch refuses our pushes; undefined where what would tell is unknown. */
export function refusesPushes(hasPolicies: boolean | undefined, canBypass: boolean | undefined): boolean | undefined {
  if (hasPolicies !== true) return hasPolicies;
  return canBypass === undefined ? undefined : !canBypass;
}

async function isPermitted(
  api: AzureApi,
  token: string,
  permission: number,
  signal: AbortSignal,
): Promise<boolean | undefined> {
  const url = `${api.api}/_apis/permissions/${GIT_REPOSITORIES}/${permission}`;
  const answer = await api.client.want({ to: 'read permissions', url, query: { tokens: token } }, signal);
  const [isAllowed] = listAt(answer, 'value');
  return typeof isAllowed === 'boolean' ? isAllowed : undefined;
}

/** Whoever sets a required policy on a branch takes pushes from it; policies of the whole repository judge pushes. */
async function needsRequests(
  api: AzureApi,
  repositoryId: string,
  branch: string,
  signal: AbortSignal,
): Promise<boolean> {
  const url = `${api.project}/_apis/git/policy/configurations`;
  const query = { repositoryId, refName: `refs/heads/${branch}`, 'api-version': PREVIEW };
  const policies = await api.list({ to: 'read branch policies', url, query }, signal);
  return policies.some((policy) => isRequired(policy) && isOfBranches(policy));
}

function isRequired(policy: Untyped): boolean {
  return policy['isEnabled'] === true && policy['isBlocking'] === true && policy['isDeleted'] !== true;
}

function isOfBranches(policy: Untyped): boolean {
  const scopes = listAt(mappingAt(policy, 'settings'), 'scope').filter(isUntyped);
  return scopes.some((scope) => textAt(scope, 'refName') !== undefined);
}

/** Each part of the branch's name is written as the hexadecimal digits of its UTF-16. */
function securityToken(projectId: string, repositoryId: string, branch: string): string {
  const parts = branch.split('/').map((part) => Buffer.from(part, 'utf16le').toString('hex'));
  return ['repoV2', projectId, repositoryId, 'refs', 'heads', ...parts].join('/');
}
