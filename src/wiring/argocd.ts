import { argocdSource } from '../argocd-api/argocd-source.ts';
import { openArgocdClient } from '../argocd-api/client.ts';
import { type FollowedApplications, followApplications } from '../argocd-api/followed-source.ts';
import { rollouts } from '../argocd-api/rollouts.ts';
import { type ArgocdServer, parseServerAddress } from '../argocd-api/server.ts';
import type { Given } from '../config/settings/settings.ts';
import { CATALOGUE } from '../config/settings/settings-catalogue.ts';
import { openOutlets } from '../controller/outlets.ts';
import { settleRight } from '../controller/settled-source.ts';
import { Failure } from '../core/failure.ts';
import type { ApplicationSource } from '../ports/application-source.ts';
import type { Patience } from '../ports/cluster.ts';
import type { Deployments } from '../ports/rollout.ts';
import { around } from './around.ts';
import { clusterWatch } from './cluster-watch.ts';
import type { Followed } from './followed.ts';
import { wholeCharge } from './leading.ts';

/**
 * The Applications that Argo CD's own API shows.
 * @param given  by flags and variables, of which wrong ones are somebody else's to report
 * @throws {Failure} SETTING_INVALID, ARGOCD_UNAUTHORIZED where there is no token
 */
export function openArgocdInput(given: readonly Given[]): Required<ApplicationSource> {
  return argocdSource(openArgocdClient(serverOf(given), around));
}

/** The same one by one, and their rollouts. @throws {Failure} as `openArgocdInput` */
export function openArgocdDeployments(given: readonly Given[]): Deployments {
  const client = openArgocdClient(serverOf(given), around);
  const { live: applications } = argocdSource(client);
  const dispose = () => client[Symbol.asyncDispose]();
  return { applications, rollouts: rollouts(client), [Symbol.asyncDispose]: dispose };
}

/** The same, followed. It has no place for statuses and Events, and no leader is chosen. */
export function followArgocd(given: readonly Given[], patience: Patience): Followed<FollowedApplications> {
  const client = openArgocdClient(serverOf(given), around);
  const watch = clusterWatch();
  const source = followApplications(client, around, watch, patience);
  return {
    watch,
    source: () => source,
    place: { kind: 'stand-alone' },
    log: 'cluster',
    tellOf: ({ live }) =>
      openOutlets({ statuses: undefined, events: undefined, applications: live, nowMs: around.nowMs }),
    whileInCharge: (_replicas, _happened, work, signal) => work(wholeCharge(signal)),
    async [Symbol.asyncDispose]() {
      await source[Symbol.asyncDispose]();
      await client[Symbol.asyncDispose]();
    },
  };
}

function serverOf(given: readonly Given[]): ArgocdServer {
  const settings = settleRight(given);
  const isPlain = settings.valueOf(CATALOGUE.argocdPlaintext);
  const address = settings.find(CATALOGUE.argocdServerAddr) ?? 'argocd-server.argocd';
  const url = parseServerAddress(address, isPlain ? 'http' : 'https');
  if (!url.ok) {
    const fix = 'write host, host:port or host:port/path';
    throw new Failure('SETTING_INVALID', url.problem, { fix, object: '--argocd-server-addr' });
  }
  const token = settings.find(CATALOGUE.argocdAuthToken);
  if (!token) {
    const fix = 'give a token of an account or of a role of a project with ARGOCD_TOKEN';
    throw new Failure('ARGOCD_UNAUTHORIZED', 'there is no token for its API', { fix, object: 'Argo CD' });
  }
  return { url: url.value, isInsecure: settings.valueOf(CATALOGUE.argocdInsecure), token };
}
