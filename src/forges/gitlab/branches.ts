import { isUntyped, mappingAt, type Untyped } from '../../core/untyped.ts';
import type { Branches, BranchRules } from '../../ports/forge.ts';
import type { GitlabApi } from './api.ts';

/** https://docs.gitlab.com/api/access_requests/#valid-access-levels */
const DEVELOPER = 30;

export class GitlabBranches implements Branches {
  readonly #api: GitlabApi;

  constructor(api: GitlabApi) {
    this.#api = api;
  }

  async rules(branch: string, signal: AbortSignal): Promise<BranchRules> {
    const project = await this.#api.client.want({ to: 'read the project', url: this.#api.url }, signal);
    const url = `${this.#api.url}/repository/branches/${encodeURIComponent(branch)}`;
    const json = await this.#api.client.want({ to: 'read the branch', url }, signal);
    const canPush = json['can_push'] === true;
    return {
      canWrite: canPush || accessLevel(project) >= DEVELOPER,
      isProtected: json['protected'] === true && !canPush,
      needsSignature: await this.#needsSignature(signal),
    };
  }

  /** Push rules are for maintainers to read, and not in every edition. */
  async #needsSignature(signal: AbortSignal): Promise<boolean | undefined> {
    const request = { to: 'read push rules', url: `${this.#api.url}/push_rule` };
    const { status, body } = await this.#api.client.ask(request, signal);
    if (status === 404) return false;
    if (status !== 200) return undefined;
    return isUntyped(body) && body['reject_unsigned_commits'] === true;
  }
}

/** The higher one of what the project and its groups grant. */
function accessLevel(project: Untyped): number {
  const permissions = mappingAt(project, 'permissions');
  const levels = ['project_access', 'group_access'].map((key) => Number(mappingAt(permissions, key)['access_level']));
  return Math.max(0, ...levels.filter(Number.isFinite));
}
