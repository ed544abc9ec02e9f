import { isUntyped, mappingAt, textAt } from '../../core/untyped.ts';
import type { Branches, BranchRules } from '../../ports/forge.ts';
import { isAny } from '../rules.ts';
import type { GithubApi } from './api.ts';

/** Rules of a ruleset that a push of ours would break. */
const AGAINST_PUSHES = ['pull_request', 'required_status_checks', 'update', 'merge_queue', 'required_deployments'];
/** GitHub's largest page; a branch has some ten. */
const MOST_RULES = 100;

interface Guard {
  readonly isProtected: boolean | undefined;
  readonly needsSignature: boolean | undefined;
}

const UNGUARDED: Guard = { isProtected: false, needsSignature: false };
const UNKNOWN: Guard = { isProtected: undefined, needsSignature: undefined };

/** GitHub has two ways to guard a branch: rulesets, which everybody may read, and the older branch protection. */
export class GithubBranches implements Branches {
  readonly #api: GithubApi;
  readonly #isApp: boolean;

  constructor(api: GithubApi, isApp: boolean) {
    this.#api = api;
    this.#isApp = isApp;
  }

  async rules(branch: string, signal: AbortSignal): Promise<BranchRules> {
    const { permissions } = await this.#api.repository(signal);
    const may = isUntyped(permissions) ? permissions : {};
    const isWriter = may['push'] === true;
    const rulesets = await this.#rulesets(branch, signal);
    const classic = await this.#classic(branch, may['admin'] === true, signal);
    return {
      canWrite: isWriter || !this.#isApp ? isWriter : undefined,
      isProtected: isAny([rulesets.isProtected, classic.isProtected]),
      needsSignature: isAny([rulesets.needsSignature, classic.needsSignature]),
    };
  }

  async #rulesets(branch: string, signal: AbortSignal): Promise<Guard> {
    const url = `${this.#api.url}/rules/branches/${encodeURIComponent(branch)}`;
    const answer = await this.#api.client.ask({ to: 'read rulesets', url, query: { per_page: MOST_RULES } }, signal);
    // Enterprise Server before 3.11 has no rulesets, nor have private repositories of a free plan.
    if (answer.status === 404 || /upgrade to/i.test(this.#api.client.reason(answer))) return UNGUARDED;
    if (answer.status !== 200 || !Array.isArray(answer.body)) return UNKNOWN;
    const passed = new Map<string, boolean>();
    const types: string[] = [];
    for (const rule of answer.body.filter(isUntyped)) {
      const id = textAt(rule, 'ruleset_id') ?? '';
      if (!passed.has(id)) passed.set(id, await this.#mayPass(id, signal));
      if (passed.get(id) === false) types.push(textAt(rule, 'type') ?? '');
    }
    return {
      isProtected: types.some((type) => AGAINST_PUSHES.includes(type)),
      needsSignature: types.includes('required_signatures'),
    };
  }

  /** Whether a ruleset lets this credential push past it. */
  async #mayPass(ruleset: string, signal: AbortSignal): Promise<boolean> {
    const request = { to: 'read a ruleset', url: `${this.#api.url}/rulesets/${encodeURIComponent(ruleset)}` };
    const { status, body } = await this.#api.client.ask(request, signal);
    return status === 200 && isUntyped(body) && body['current_user_can_bypass'] === 'always';
  }

  /** Only administrators are told more than that there is a protection. */
  async #classic(branch: string, isAdmin: boolean, signal: AbortSignal): Promise<Guard> {
    const url = `${this.#api.url}/branches/${encodeURIComponent(branch)}`;
    const json = await this.#api.client.want({ to: 'read the branch', url }, signal);
    if (json['protected'] !== true) return UNGUARDED;
    const { status, body } = await this.#api.client.ask(
      { to: 'read branch protection', url: `${url}/protection` },
      signal,
    );
    // A branch that only a ruleset guards counts as protected, too, but has no such page.
    if (status === 404 && isAdmin) return UNGUARDED;
    if (status !== 200 || !isUntyped(body)) return UNKNOWN;
    const against = ['required_pull_request_reviews', 'required_status_checks', 'restrictions', 'lock_branch'];
    const bindsAdmins = mappingAt(body, 'enforce_admins')['enabled'] === true;
    return {
      isProtected: against.some((rule) => isOn(body[rule])) && (bindsAdmins || !isAdmin),
      needsSignature: isOn(body['required_signatures']),
    };
  }
}

/** Some rules are {"enabled": false} where they are off, others are not there. */
function isOn(rule: unknown): boolean {
  return isUntyped(rule) && rule['enabled'] !== false;
}
