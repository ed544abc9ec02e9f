import type { Application } from '../../core/applications/application.ts';
import { isUnderWay, revisionsIn } from '../../core/objects/operation.ts';
import { parseStatus } from '../../core/objects/parse-application.ts';
import { isUntyped, listAt, mappingAt, textAt, textMapAt, type Untyped } from '../../core/untyped.ts';

/** An Application as far as it tells of a rollout. Texts that are not there are "". */
export interface ObservedApplication {
  readonly isBeingDeleted: boolean;
  /** Whether Argo CD was asked to look, or to hydrate, and has not done it yet. */
  readonly awaitsRefresh: boolean;
  /** RFC 3339, by the cluster's clock. */
  readonly reconciledAt: string;
  /** Whether Argo CD syncs it by itself. */
  readonly isAutomated: boolean;
  readonly sources: readonly ObservedSource[];
  readonly sync: string;
  readonly health: string;
  readonly healthMessage: string;
  /** undefined where none was ever asked for. */
  readonly operation: ObservedOperation | undefined;
  /** Conditions that are errors; a failed sync is told by its operation. */
  readonly errors: readonly string[];
  readonly hydration: Hydration | undefined;
  /** What it tells of the images that it runs. */
  readonly reported: Application['status'];
}

/** One source, and the commit, version or digest that the last comparison was made with. */
export interface ObservedSource {
  readonly repoURL: string;
  readonly targetRevision: string;
  readonly revision: string;
}

export interface ObservedOperation {
  /** Asked for, running or about to be tried again. */
  readonly isUnderWay: boolean;
  readonly phase: string;
  readonly message: string;
  readonly startedAt: string;
  readonly finishedAt: string;
  readonly retries: number;
  /** What it synced to; none before it has begun. */
  readonly revisions: readonly string[];
  /** What whoever asked for it noted. */
  readonly notes: readonly string[];
}

interface Hydration {
  readonly phase: string;
  readonly message: string;
  /** Of the last one that succeeded. */
  readonly drySHA: string;
  readonly hydratedSHA: string;
}

const REFRESH = 'argocd.argoproj.io/refresh';
/** Asks the source hydrator to work; it takes it away when it has. */
export const HYDRATE = 'argocd.argoproj.io/hydrate';

/** Reads an `argoproj.io/v1alpha1` Application, whatever of it is there. */
export function observe(object: Untyped): ObservedApplication {
  const metadata = mappingAt(object, 'metadata');
  const annotations = textMapAt(metadata, 'annotations');
  const spec = mappingAt(object, 'spec');
  const status = mappingAt(object, 'status');
  const health = mappingAt(status, 'health');
  return {
    isBeingDeleted: textAt(metadata, 'deletionTimestamp') !== undefined,
    awaitsRefresh: REFRESH in annotations || HYDRATE in annotations,
    reconciledAt: textAt(status, 'reconciledAt') ?? '',
    isAutomated: isAutomated(mappingAt(spec, 'syncPolicy')),
    sources: sourcesOf(spec, mappingAt(status, 'sync')),
    sync: textAt(mappingAt(status, 'sync'), 'status') ?? '',
    health: textAt(health, 'status') ?? '',
    healthMessage: textAt(health, 'message') ?? '',
    operation: operationOf(object, status),
    errors: errorsOf(status),
    hydration: hydrationOf(spec, status),
    reported: parseStatus(status, listAt(spec, 'sources').length > 0),
  };
}

function isAutomated(policy: Untyped): boolean {
  return isUntyped(policy['automated']) && policy['automated']['enabled'] !== false;
}

/** The hydrator's source to sync from hides `sources`, and a list of sources hides `source`. */
function sourcesOf(spec: Untyped, sync: Untyped): readonly ObservedSource[] {
  const revisions = revisionsIn(sync);
  const hydrator = mappingAt(spec, 'sourceHydrator');
  const list = listAt(spec, 'sources').filter(isUntyped);
  const blocks = isUntyped(hydrator['drySource'])
    ? [hydrator['drySource']]
    : list.length > 0
      ? list
      : [mappingAt(spec, 'source')];
  return blocks.map((block, index) => ({
    repoURL: textAt(block, 'repoURL') ?? '',
    targetRevision: textAt(block, 'targetRevision') ?? '',
    revision: revisions[index] ?? '',
  }));
}

function operationOf(object: Untyped, status: Untyped): ObservedOperation | undefined {
  const requested = mappingAt(object, 'operation');
  const state = mappingAt(status, 'operationState');
  const phase = textAt(state, 'phase') ?? '';
  if (!isUntyped(object['operation']) && phase === '') return undefined;
  const carriedOut = phase === '' ? requested : mappingAt(state, 'operation');
  const result = revisionsIn(mappingAt(state, 'syncResult'));
  return {
    isUnderWay: isUnderWay(object),
    phase,
    message: textAt(state, 'message') ?? '',
    startedAt: textAt(state, 'startedAt') ?? '',
    finishedAt: textAt(state, 'finishedAt') ?? '',
    retries: Number(textAt(state, 'retryCount') ?? 0),
    revisions: result.length > 0 ? result : revisionsIn(mappingAt(carriedOut, 'sync')),
    notes: listAt(carriedOut, 'info')
      .filter(isUntyped)
      .map((info) => textAt(info, 'value') ?? ''),
  };
}

function errorsOf(status: Untyped): readonly string[] {
  return listAt(status, 'conditions')
    .filter(isUntyped)
    .filter((condition) => /Error$/.test(textAt(condition, 'type') ?? '') && textAt(condition, 'type') !== 'SyncError')
    .map((condition) => `${textAt(condition, 'type')}: ${textAt(condition, 'message') ?? ''}`);
}

function hydrationOf(spec: Untyped, status: Untyped): Hydration | undefined {
  if (!isUntyped(spec['sourceHydrator'])) return undefined;
  const state = mappingAt(status, 'sourceHydrator');
  const current = mappingAt(state, 'currentOperation');
  const last = mappingAt(state, 'lastSuccessfulOperation');
  return {
    phase: textAt(current, 'phase') ?? '',
    message: textAt(current, 'message') ?? '',
    drySHA: textAt(last, 'drySHA') ?? '',
    hydratedSHA: textAt(last, 'hydratedSHA') ?? '',
  };
}
