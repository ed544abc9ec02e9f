import { Counter, Gauge, type Registry } from 'prom-client';
import type { CycleTotals, UpdaterTotals } from '../../core/cycle-totals.ts';
import type { ClusterObserver, RequestOutcome } from '../../ports/observers.ts';
import type { BoundedLabels } from './bounded-labels.ts';

const UPDATER_LABELS = ['image_updater_cr_name', 'image_updater_cr_namespace'] as const;
type UpdaterLabels = Record<(typeof UPDATER_LABELS)[number], string>;

export interface UpstreamMetrics extends ClusterObserver {
  /** @param mayWrite whether updates were written */
  cycleEnded(totals: CycleTotals, mayWrite: boolean): void;
  registryAsked(registry: string, outcome: RequestOutcome): void;
}

/** Upstream's metrics under upstream's names (reference part 2, 3.6), and all of them count. */
export function upstreamMetrics(register: Registry, registries: BoundedLabels): UpstreamMetrics {
  const ofUpdaters = { registers: [register], labelNames: UPDATER_LABELS };
  const applications = new Gauge({
    ...ofUpdaters,
    name: 'argocd_image_updater_applications_watched_total',
    help: 'Applications with an image in the last cycle',
  });
  const considered = new Gauge({
    ...ofUpdaters,
    name: 'argocd_image_updater_images_watched_total',
    help: 'Images in use that were considered in the last cycle',
  });
  const updated = new Counter({
    ...ofUpdaters,
    name: 'argocd_image_updater_images_updated_total',
    help: 'Images that were updated',
  });
  const errors = new Counter({
    ...ofUpdaters,
    name: 'argocd_image_updater_images_errors_total',
    help: 'Images that failed',
  });
  const ofRegistries = { registers: [register], labelNames: ['registry'] as const };
  const requests = new Counter({
    ...ofRegistries,
    name: 'argocd_image_updater_registry_requests_total',
    help: 'Requests to registries',
  });
  const failedRequests = new Counter({
    ...ofRegistries,
    name: 'argocd_image_updater_registry_requests_failed_total',
    help: 'Requests to registries that were not answered, or with an error of the server',
  });
  const clusterRequests = new Counter({
    registers: [register],
    name: 'argocd_image_updater_k8s_api_requests_total',
    help: "Requests to Kubernetes' API",
  });
  const failedClusterRequests = new Counter({
    registers: [register],
    name: 'argocd_image_updater_k8s_api_errors_total',
    help: "Requests to Kubernetes' API that failed",
  });
  let known = new Map<string, UpdaterLabels>();
  return {
    cycleEnded(totals, mayWrite) {
      const now = new Map(totals.updaters.map((one) => [JSON.stringify(labelsOf(one)), labelsOf(one)]));
      for (const [key, labels] of known) {
        if (!now.has(key)) for (const metric of [applications, considered, updated, errors]) metric.remove(labels);
      }
      known = now;
      for (const one of totals.updaters) {
        applications.set(labelsOf(one), one.applications);
        considered.set(labelsOf(one), one.considered);
      }
      for (const one of totals.news) {
        updated.inc(labelsOf(one), mayWrite ? one.updated : 0);
        errors.inc(labelsOf(one), one.errors);
      }
    },
    registryAsked(registry, outcome) {
      const labels = { registry: registries.bounded(registry) };
      requests.inc(labels);
      failedRequests.inc(labels, outcome === 'unanswered' || outcome === 'server-error' ? 1 : 0);
    },
    requestEnded(outcome) {
      clusterRequests.inc();
      if (outcome === 'failed') failedClusterRequests.inc();
    },
  };
}

function labelsOf({ updater }: UpdaterTotals): UpdaterLabels {
  return { image_updater_cr_name: updater?.name ?? '', image_updater_cr_namespace: updater?.namespace ?? '' };
}
