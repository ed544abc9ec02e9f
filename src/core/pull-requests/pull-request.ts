import type { Template } from '../go-template/template.ts';

/** The forges whose API is spoken, by the name that settings use. */
export const FORGE_KINDS = ['github', 'gitlab', 'gitea', 'bitbucket', 'bitbucket-server', 'azure-devops'] as const;
export type ForgeKind = (typeof FORGE_KINDS)[number];

/** Who merges: nobody, the forge once its own rules are met, or Tiphys once the forge calls all checks green. */
export const AUTO_MERGES = ['off', 'forge', 'when-green'] as const;
type AutoMerge = (typeof AUTO_MERGES)[number];

/** Which changes share a pull request: those of an Application, all of a base branch, or those whose text is equal. */
export type PullRequestGroup =
  | { readonly kind: 'application' }
  | { readonly kind: 'branch' }
  | { readonly kind: 'template'; readonly template: Template };

/** How an Application's changes are proposed instead of pushed to the branch itself. */
export interface PullRequestSetting {
  /** `auto`: told from the host, else by asking it. */
  readonly forge: ForgeKind | 'auto';
  readonly group: PullRequestGroup;
  readonly labels: readonly string[];
  /** User names as the forge spells them. */
  readonly reviewers: readonly string[];
  readonly assignees: readonly string[];
  readonly draft: boolean;
  readonly autoMerge: AutoMerge;
}
