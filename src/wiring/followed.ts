import type { RunEvent } from '../cli/work.ts';
import type { ControllerSettings } from '../config/settings/controller-settings.ts';
import type { ReplicaSettings } from '../config/settings/replica-settings.ts';
import type { MayWrite } from '../controller/may-write.ts';
import type { Tell } from '../controller/outlets.ts';
import type { Whereabouts } from '../controller/settled-source.ts';
import type { ExchangeParts } from '../controller/status-exchange.ts';
import type { ApplicationSource } from '../ports/application-source.ts';
import type { ClusterChanges } from '../ports/cluster.ts';
import type { ClusterWatch } from './cluster-watch.ts';
import type { ChargedWork } from './leading.ts';
import type { ServingPlace } from './serving.ts';

/** What stands between several replicas; nothing where there is but one. */
export interface Replicas {
  readonly mayWrite: MayWrite | undefined;
  readonly exchange: ExchangeParts | undefined;
}

/** Where Applications are followed, and what is told there. */
export interface Followed<Source extends ApplicationSource & ClusterChanges> extends AsyncDisposable {
  readonly source: (where: Whereabouts) => Source;
  readonly place: ServingPlace;
  /** Whether people watch what it says, or a log is kept. */
  readonly log: 'cluster' | 'stand-alone';
  /** What is heard of the cluster; undefined where nobody listens. */
  readonly watch?: ClusterWatch;
  /** Who is told what becomes of Applications; undefined for nobody. */
  readonly tellOf: (source: Source, settings: ControllerSettings, replicas: Replicas) => Tell | undefined;
  /** Works while nobody else does. */
  readonly whileInCharge: (
    replicas: ReplicaSettings,
    happened: (event: RunEvent) => void,
    work: ChargedWork,
    signal: AbortSignal,
  ) => Promise<void>;
}
