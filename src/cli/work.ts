import type { Given } from '../config/settings/settings.ts';
import type { Author } from '../core/commits/commit-author.ts';
import type { Preview, TemplateKind } from '../core/commits/template-kinds.ts';
import type { CredentialAudit } from '../core/credentials/credential-audit.ts';
import type { ImageTestReport } from '../core/deciding/image-test.ts';
import type { Policy } from '../core/deciding/policy.ts';
import type { PolicyTestReport } from '../core/deciding/policy-test.ts';
import type { EnvironmentDiff } from '../core/environment-diff.ts';
import type { Problem } from '../core/failure.ts';
import type { LintReport } from '../core/finding.ts';
import type { GitCheckReport } from '../core/git-check.ts';
import type { HandoffReport } from '../core/handoff/report.ts';
import type { HistoryReport } from '../core/history.ts';
import type { LogSettings } from '../core/log-line.ts';
import type { Migration } from '../core/migration.ts';
import type { PullRequestSetting } from '../core/pull-requests/pull-request.ts';
import type { ImageName, ImageReference } from '../core/reference.ts';
import type { CheckTarget, RegistryCheckReport } from '../core/registry-check.ts';
import type { CycleReport } from '../core/report.ts';
import type { RightsScope, RightsWanted, RoleGrant } from '../core/rights.ts';
import type { SetImageReport } from '../core/set-image-report.ts';
import type { WaitProgress, WaitReport } from '../core/wait-report.ts';

/** What every command that looks at Applications is told. */
export interface CycleOptions {
  /** Files, folders and "-" (standard input), in the order given; none only where the input may be left out. */
  readonly filenames: readonly string[];
  /** Whether the input is a cluster; there are no files then. */
  readonly fromCluster?: true;
  /** By flags and variables; not checked yet, because the input may hold more of them. */
  readonly given: readonly Given[];
  /** Absolute. */
  readonly defaultStateDir: string;
}

export interface DemoOptions {
  readonly intervalMs: number;
  readonly once: boolean;
  /** The registry's port; 0 for any free one. */
  readonly port: number;
}

export interface ImageTestOptions {
  /** Never empty. */
  readonly images: readonly ImageName[];
  readonly policy: Policy;
  /** By flags; not checked yet. */
  readonly settings: readonly Given[];
  /** Upstream's credential text, instead of the registry's own. */
  readonly credentials: string | undefined;
  /** A file that lists tags, "-" for standard input; undefined asks the registries. */
  readonly tagsFrom: string | undefined;
}

export interface RegistryCheckOptions {
  /** None for every registry that is configured. */
  readonly targets: readonly CheckTarget[];
  /** Files, folders and "-" (standard input) that hold Secrets. */
  readonly filenames: readonly string[];
  /** By flags; not checked yet. */
  readonly settings: readonly Given[];
}

export interface GitCheckOptions extends CycleOptions {
  /** Never empty. */
  readonly repoURLs: readonly string[];
  /** "" for the default branch. */
  readonly branch: string;
  /** The AppProject by which Argo CD's repository Secrets are chosen. */
  readonly project: string;
  /** "namespace/name" of the Secret that `git:secret:` would name. */
  readonly secret: string | undefined;
}

export interface HandOffOptions {
  /** https, or this machine itself. */
  readonly server: string;
  /** "registry/repository:tag", and the digest that it had when it was pushed. Never empty. */
  readonly images: readonly { readonly image: string; readonly digest: string }[];
  /** By "name" or "namespace/name"; none for all that the pipeline may move. */
  readonly applications: readonly string[];
  readonly selector: string | undefined;
  readonly order: number | undefined;
  /** The pipeline's own token, or where a job of GitHub Actions gets it. */
  readonly token:
    | { readonly kind: 'given'; readonly token: string }
    | { readonly kind: 'github'; readonly url: string; readonly requestToken: string; readonly audience: string };
  readonly caFile: string | undefined;
  /** undefined only hands off. */
  readonly waitMs: number | undefined;
}

/** No older than so long ago, or than a moment, in milliseconds since 1970. */
export type Since = { readonly agoMs: number } | { readonly atMs: number };

export interface HistoryOptions extends CycleOptions {
  /** None for those of the Applications in the input. */
  readonly repoURLs: readonly string[];
  /** Of `repoURLs`; "" for the default branch. */
  readonly branch: string;
  /** Whose Secrets open `repoURLs`. */
  readonly project: string;
  /** "name" or "namespace/name"; undefined for all. */
  readonly application: string | undefined;
  /** An alias, an image's name, or the end of one. */
  readonly image: string | undefined;
  /** How many, the newest ones. */
  readonly most: number;
  readonly since: Since | undefined;
}

export interface TemplateOptions {
  /** A file, "-" for standard input; undefined for upstream's default text. */
  readonly file: string | undefined;
  readonly kind: TemplateKind['id'];
  /** A JSON file with the data; undefined for a sample. */
  readonly data: string | undefined;
}

export interface RightsOptions
  extends RightsScope,
    Pick<RightsWanted, 'writeBack' | 'gitCredentials' | 'events' | 'handoffs'> {
  readonly leaderElection: boolean;
  /** 1 for undivided work. */
  readonly shards: number;
  readonly secureMetrics: boolean;
}

export interface MigrateOptions extends CycleOptions {
  readonly from: 'annotations' | 'flux';
  /** Of the objects that are made. */
  readonly name: string;
}

export interface SetImageOptions {
  /** `[NAME=]IMAGE`; the last one may be a file or folder instead. */
  readonly images: readonly string[];
  /** Files and folders; none for what the last of `images` names, else for the working directory. */
  readonly filenames: readonly string[];
  /** Keys of Helm values, or names of Helm parameters. */
  readonly keys: { readonly name?: string; readonly tag?: string; readonly spec?: string };
  readonly container: string | undefined;
  /** A file of paths with images of their own; then there are no `images`, `filenames` and keys. */
  readonly from: string | undefined;
  /** A file with IMAGE_NAME and IMAGE_TAG, for what `images` leaves out. */
  readonly envFile: string | undefined;
  /** False to tell what would be done, and do nothing. */
  readonly writes: boolean;
  readonly allowMissing: boolean;
  /** undefined where files of this machine are edited, and nothing else. */
  readonly git: SetImageInGit | undefined;
}

export interface SetImageInGit extends Pick<CycleOptions, 'given' | 'defaultStateDir'> {
  /** `branch` "": a repository's default branch, or the one that a checkout is on. */
  readonly where:
    | { readonly kind: 'repository'; readonly repoURL: string; readonly branch: string }
    | { readonly kind: 'checkout'; readonly branch: string; readonly pushes: boolean };
  readonly message: string | undefined;
  readonly author: Author | undefined;
  readonly skipCi: boolean | 'auto';
  /** Of this build; undefined: as the CI has it. */
  readonly order: number | undefined;
  readonly force: boolean;
  /** undefined: what is set is pushed to the branch itself. */
  readonly pullRequest: Pick<PullRequestSetting, 'forge' | 'labels' | 'reviewers' | 'assignees' | 'draft'> | undefined;
}

export interface DiffOptions extends Pick<CycleOptions, 'given' | 'defaultStateDir'> {
  /** Files, folders or Applications by "name" or "namespace/name". */
  readonly environments: readonly [string, string];
}

export interface WaitOptions extends Pick<CycleOptions, 'given' | 'defaultStateDir'> {
  /** "name" or "namespace/name"; none where a selector says which. */
  readonly applications: readonly string[];
  /** As kubectl takes it. */
  readonly selector: string | undefined;
  /** Of Applications that name none; undefined for Argo CD's own. */
  readonly namespace: string | undefined;
  /** Whether the selector looks at all namespaces. */
  readonly isEverywhere: boolean;
  /** Object id of a commit, or its beginning; undefined: whatever the sources say now. */
  readonly commit: string | undefined;
  /** Where the commit is; undefined where its history is not looked at. */
  readonly repoURL: string | undefined;
  /** Of `repoURL`; "" for the one that the Application's source names. */
  readonly branch: string;
  readonly images: readonly ImageReference[];
  /** Whether a sync is asked for. */
  readonly isSynced: boolean;
  readonly timeoutMs: number;
  /** How long something may look bad before it counts as failed. */
  readonly graceMs: number;
}

export interface FinishedCycle {
  readonly report: CycleReport;
  readonly tookMs: number;
}

/** A cycle of `run`. */
interface RunCycle extends FinishedCycle {
  /** Nothing was changed; the report tells what would have been. */
  readonly dryRun: boolean;
}

/** Something that `run` tells of while it goes on. */
export type RunEvent =
  | ({ readonly kind: 'cycle' } & RunCycle)
  | { readonly kind: 'serving'; readonly what: 'webhooks' | 'metrics' | 'health' | 'hand-offs'; readonly port: number }
  /** This replica has become the leader, or is it no longer; `identity` is what the Lease names as its holder. */
  | { readonly kind: 'leading'; readonly isLeader: boolean; readonly lease: string; readonly identity: string }
  /** What became of a webhook, or of a push that one told of; the words are those of the metric. */
  | { readonly kind: 'webhook'; readonly type: string; readonly outcome: string }
  /** What became of a request to hand something off; who asked, where a token proved it. */
  | {
      readonly kind: 'handoff';
      readonly outcome: string;
      readonly issuer?: string;
      readonly subject?: string;
      readonly operation?: string;
      readonly reason?: string;
    }
  /** Of what is served; those of a cycle are in its report. */
  | { readonly kind: 'problem'; readonly level: 'warn' | 'error'; readonly problem: Problem };

export type DemoEvent =
  | {
      readonly kind: 'started';
      /** "127.0.0.1:5000". */
      readonly registry: string;
      /** A command to copy that pushes a new tag. */
      readonly pushCommand: string;
      readonly cloneURL: string;
    }
  /** A tag appeared in the registry. */
  | { readonly kind: 'tag'; readonly image: string; readonly tag: string }
  | ({ readonly kind: 'cycle' } & FinishedCycle);

/**
 * The work behind the command line, as it is handed in by whoever builds the program. Nothing here prints; what a
 * person reads is made of the returned data. All of them throw a Failure for what stops them as a whole, and stop
 * soon after `signal` aborts.
 */
export interface Work {
  plan(options: CycleOptions, signal: AbortSignal): Promise<CycleReport>;
  /**
   * One dry cycle over the one Application that `choose` picks.
   * @param choose called once with "namespace/name" of every Application that was read; returns one of them, and
   *   throws when none or several are meant
   */
  explain(
    options: CycleOptions,
    choose: (applicationIds: readonly string[]) => string,
    signal: AbortSignal,
  ): Promise<CycleReport>;
  /**
   * @param happened told what happens, and how it is to be logged; undefined where people are meant to read it
   * @returns "done" when a single cycle was asked for, "stopped" when the signal aborted
   */
  run(
    options: CycleOptions,
    happened: (event: RunEvent, log: LogSettings | undefined) => void,
    signal: AbortSignal,
  ): Promise<'done' | 'stopped'>;
  /** As `run`, but looks at nothing until a webhook or a hand-off asks for it; returns when the signal aborted. */
  runWhenAsked(
    options: CycleOptions,
    happened: (event: RunEvent, log: LogSettings | undefined) => void,
    signal: AbortSignal,
  ): Promise<void>;
  /**
   * Looks through all that was given; what is wrong in it is reported, never thrown.
   * @param online whether registries are asked too
   */
  lint(options: CycleOptions, online: boolean, signal: AbortSignal): Promise<LintReport>;
  /**
   * Names every credential and who uses it. Nobody outside is asked.
   * @param maxAgeMs Secrets beyond it are too old; undefined for any age
   */
  auditCredentials(options: CycleOptions, maxAgeMs: number | undefined, signal: AbortSignal): Promise<CredentialAudit>;
  /** Applies a policy to each image where nothing is deployed yet. */
  testImages(options: ImageTestOptions, signal: AbortSignal): Promise<ImageTestReport>;
  /** Asks each registry step by step; what does not work is in the report, never thrown. */
  checkRegistries(options: RegistryCheckOptions, signal: AbortSignal): Promise<RegistryCheckReport>;
  /** Looks at what a push to each branch would meet; nothing is written. What does not work is in the report. */
  checkGit(options: GitCheckOptions, signal: AbortSignal): Promise<GitCheckReport>;
  /**
   * What the commits of branches record; a branch that cannot be read is in the report.
   * @param choose as for `explain`; called only where an Application of the input is asked for
   */
  history(
    options: HistoryOptions,
    choose: (applicationIds: readonly string[]) => string,
    signal: AbortSignal,
  ): Promise<HistoryReport>;
  /** @param filenames files, folders and "-" (standard input) */
  testPolicies(filenames: readonly string[], signal: AbortSignal): Promise<PolicyTestReport>;
  previewTemplate(options: TemplateOptions, signal: AbortSignal): Promise<Preview>;
  /** Sets images in files or in Git; what stands in the way is thrown, and then nothing is written. */
  setImage(options: SetImageOptions, signal: AbortSignal): Promise<SetImageReport>;
  /**
   * Hands images off to a server, as a pipeline.
   * @param told  how it stands, whenever that has changed while it is waited for
   */
  handOff(options: HandOffOptions, told: (report: HandoffReport) => void, signal: AbortSignal): Promise<HandoffReport>;
  /** Adds text to the end of a file. */
  appendToFile(path: string, text: string): Promise<void>;
  /** Which images of two environments differ; who has none is thrown. */
  diff(options: DiffOptions, signal: AbortSignal): Promise<EnvironmentDiff>;
  /** How the wait for each Application ends is in the report. */
  wait(options: WaitOptions, told: (progress: WaitProgress) => void, signal: AbortSignal): Promise<WaitReport>;
  /** Nobody is asked. */
  listRights(options: RightsOptions): Promise<readonly RoleGrant[]>;
  /** What is wrong in the input is reported, never thrown. */
  migrate(options: MigrateOptions, signal: AbortSignal): Promise<Migration>;
  /** As `run`, over a registry and a Git server of its own, which are gone when it returns. */
  demo(options: DemoOptions, happened: (event: DemoEvent) => void, signal: AbortSignal): Promise<void>;
}
