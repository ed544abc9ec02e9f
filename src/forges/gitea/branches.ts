import { isUntyped, mappingAt, textAt, type Untyped } from '../../core/untyped.ts';
import type { Branches, BranchRules } from '../../ports/forge.ts';
import type { GiteaApi } from './api.ts';

export class GiteaBranches implements Branches {
  readonly #api: GiteaApi;

  constructor(api: GiteaApi) {
    this.#api = api;
  }

  async rules(branch: string, signal: AbortSignal): Promise<BranchRules> {
    const repository = await this.#api.repository(signal);
    const url = `${this.#api.url}/branches/${encodeURIComponent(branch)}`;
    const json = await this.#api.client.want({ to: 'read the branch', url }, signal);
    const isProtected = json['protected'] === true;
    return {
      canWrite: mappingAt(repository, 'permissions')['push'] === true,
      isProtected: isProtected && json['user_can_push'] !== true,
      needsSignature: isProtected ? await this.#needsSignature(json, signal) : false,
    };
  }

  /** Rules are told to administrators alone. */
  async #needsSignature(branch: Untyped, signal: AbortSignal): Promise<boolean | undefined> {
    const rule = textAt(branch, 'effective_branch_protection_name') ?? '';
    if (rule === '') return undefined;
    const url = `${this.#api.url}/branch_protections/${encodeURIComponent(rule)}`;
    const { status, body } = await this.#api.client.ask({ to: 'read branch protection', url }, signal);
    return status === 200 && isUntyped(body) ? body['require_signed_commits'] === true : undefined;
  }
}
