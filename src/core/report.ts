import type { Verdict } from './deciding/decision.ts';
import type { Problem } from './failure.ts';
import type { ForgeKind } from './pull-requests/pull-request.ts';
import type { ApplicationTarget, FileTarget } from './target.ts';
import type { PolicyOrigin } from './tracked-image.ts';

/** Where a version is written. */
export type TargetReport = FileTargetReport | ApplicationTarget;

/** ... and how Tiphys gets in. */
interface FileTargetReport extends FileTarget {
  /** `branch`, where it is another one than is read. */
  readonly writeBranch: string | null;
  /** By name: "the Secret argocd/shop", "your own git". */
  readonly credential: string;
}

/** A place that names images, and what it says about one. */
export interface Sighting {
  /** "apps/shop/kustomization.yaml", "status.summary.images" */
  readonly where: string;
  /** Versions as in an item; `null` for an image that is named without one. Empty when it is not named. */
  readonly says: readonly (string | null)[];
}

/** One tracked image after a cycle; versions as "tag", "tag@digest", "@digest" or null. */
export interface ItemReport {
  /** "namespace/name". */
  readonly application: string;
  readonly alias: string;
  /** "registry/repository", no tag. */
  readonly image: string;
  readonly strategy: string;
  readonly from: string | null;
  readonly to: string | null;
  readonly outcome: 'update' | 'current' | 'held' | 'none' | 'failed';
  /** The rule that settled the outcome; for `failed` the failure's code. */
  readonly rule: string;
  readonly reason: string;
  readonly target: TargetReport | null;
  /** Where `from` was found: "apps/shop/kustomization.yaml", "spec.source.helm.parameters", ...; null when nowhere. */
  readonly statedIn: string | null;
  /** All that was looked at to learn whether the image is used, and in which version. */
  readonly sightings: readonly Sighting[];
  readonly candidates: readonly Verdict[];
  readonly notes: readonly string[];
  /** Which rule configures the image, and which others match its Application too. */
  readonly policy?: PolicyOrigin;
  /** Where the change is proposed, when it is not pushed to the branch itself. */
  readonly pullRequest?: PullRequestReport;
}

export interface FileReport {
  readonly repoURL: string;
  readonly branch: string;
  readonly path: string;
  /** Unified diff, with "a/" and "b/" prefixes, as git prints it. */
  readonly diff: string;
}

/** A list of an Application that would change (plan) or did change (run). */
export interface PatchReport extends Pick<ApplicationTarget, 'application' | 'path'> {
  /** Unified diff of the list as YAML. */
  readonly diff: string;
}

export interface CommitReport {
  readonly repoURL: string;
  readonly branch: string;
  /** Object id. */
  readonly commit: string;
  readonly message: string;
}

/** A pull request that changes are proposed by. */
export interface PullRequestReport {
  /** `auto` as long as nobody asked which one it is. */
  readonly forge: ForgeKind | 'auto';
  readonly repoURL: string;
  readonly head: string;
  readonly base: string;
  readonly title: string;
  /** The page for people; null before it is opened, or when nobody asked for it. */
  readonly url: string | null;
  /**
   * `planned`: would be opened (dry run). `scheduled`: the forge merges it once its rules are met. `blocked`: others
   * have commits on its branch.
   */
  readonly state: 'planned' | 'open' | 'scheduled' | 'merged' | 'closed' | 'blocked';
  /** What is missing or waited for. */
  readonly remarks: readonly string[];
}

/** What one cycle saw, decided and did. The same value feeds plan, explain, run and the demo. */
export interface CycleReport {
  readonly applications: number;
  readonly items: readonly ItemReport[];
  /** Files that would change (plan) or did change (run). */
  readonly files: readonly FileReport[];
  /** Of Applications that are written themselves. */
  readonly patches: readonly PatchReport[];
  /** Empty in a dry run. */
  readonly commits: readonly CommitReport[];
  /** Those that were opened, changed, merged or closed, and those that stand open as they should. */
  readonly pullRequests: readonly PullRequestReport[];
  readonly failures: readonly Problem[];
  readonly warnings: readonly Problem[];
}
