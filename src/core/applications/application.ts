import type { FieldPath } from '../field-path.ts';
import type { Origin } from '../origin.ts';

/** One source of an Application, with what matters to us of each tool block. */
export interface Source {
  readonly repoURL: string;
  /** Folder in the repository, "" for its root; absent for a chart. */
  readonly path?: string;
  readonly chart?: string;
  /** "" and "HEAD" mean the remote's default branch. */
  readonly targetRevision: string;
  readonly name?: string;
  readonly ref?: string;
  readonly helm?: HelmBlock;
  readonly kustomize?: KustomizeBlock;
  readonly plugin: boolean;
  /** The variables of the plugin block; absent when there are none. */
  readonly pluginEnv?: readonly PluginVariable[];
  /** False when the source has no such block. */
  readonly directory: DirectoryBlock | false;
}

/** Which manifests of a plain directory count; globs of Argo CD, whose `*` crosses "/". */
export interface DirectoryBlock {
  readonly recurse: boolean;
  readonly include?: string;
  readonly exclude?: string;
}

export interface HelmParameter {
  readonly name: string;
  readonly value: string;
  readonly forceString: boolean;
}

export interface PluginVariable {
  readonly name: string;
  readonly value: string;
}

export interface HelmBlock {
  readonly parameters: readonly HelmParameter[];
  readonly valueFiles: readonly string[];
  /** Inline YAML text of `values`, or `valuesObject` as JSON text (which wins, as in Argo CD). */
  readonly values?: string;
}

interface KustomizeBlock {
  /** Image override strings, `[name=]newName[:tag][@digest]`. */
  readonly images: readonly string[];
}

export type SourceType = 'Helm' | 'Kustomize' | 'Directory' | 'Plugin';

/** What Argo CD reported, when the manifest carries a status. */
interface ApplicationStatus {
  /** One for each source, or none at all. */
  readonly sourceTypes: readonly SourceType[];
  /** Those that Pods run now; of CronJobs and of what is scaled to zero there are none. */
  readonly images: readonly string[];
  /** Those of the manifests that the last sync applied; absent when there was none. */
  readonly appliedImages?: readonly string[];
  /** Whether the last sync left out what was chosen, or what was in sync: `appliedImages` are not all then. */
  readonly appliedInPart?: true;
}

/** Argo CD's Application, as far as Tiphys reads it. */
export interface Application {
  readonly namespace: string;
  readonly name: string;
  readonly project: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  /** `spec.source`, `spec.sources` or the hydrator's dry source; never empty. */
  readonly sources: readonly Source[];
  readonly multiSource: boolean;
  /** Whether the one source is the hydrator's dry source. */
  readonly isHydrated?: true;
  readonly status: ApplicationStatus;
  readonly origin?: Origin;
}

/** Where the source of this index is written. */
export function sourceField(
  { multiSource, isHydrated }: Pick<Application, 'multiSource' | 'isHydrated'>,
  index: number,
): FieldPath {
  if (isHydrated) return ['spec', 'sourceHydrator', 'drySource'];
  return multiSource ? ['spec', 'sources', index] : ['spec', 'source'];
}

/** "namespace/name", the identity used in output, trailers and logs. */
export function applicationId(application: { readonly namespace: string; readonly name: string }): string {
  return `${application.namespace}/${application.name}`;
}
