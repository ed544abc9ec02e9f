import type { RunEvent } from '../cli/work.ts';
import {
  type MetricsSettings,
  metricsSettings,
  type WebhookSettings,
  webhookSettings,
} from '../config/settings/server-settings.ts';
import type { Settings } from '../config/settings/settings.ts';
import { toProblem } from '../core/failure.ts';
import type { ImageName } from '../core/reference.ts';
import type { RepositoryIndex } from '../core/repository-index.ts';
import type { AccessReviews } from '../ports/access-reviews.ts';
import type { LookRequests } from '../ports/look-requests.ts';
import type { HttpServer } from '../server/http-server.ts';
import type { Metrics } from '../server/metrics/open-metrics.ts';
import { googleKeys } from './google-keys.ts';
import type { Health } from './health.ts';
import { openWatching, type Watching } from './watching.ts';

/** What a process that goes on tells others, and what it is told by them. */
export interface Serving extends AsyncDisposable, Pick<Watching, 'observer' | 'cluster' | 'look' | 'watched'> {
  /** Undefined when no metrics are served. */
  readonly metrics: Metrics | undefined;
}

/** Who follows what webhooks ask for. */
export interface Looking {
  /** Which images are used; undefined as long as only the cycles that have run know. */
  readonly used?: () => RepositoryIndex;
  readonly ask: (image: ImageName) => void;
}

/** Where it is served: in a cluster it is also known who may read metrics. */
export type ServingPlace =
  | { readonly kind: 'stand-alone' }
  | { readonly kind: 'cluster'; readonly reviews: AccessReviews };

/** What is served, and what is wrong with it. */
type ServingEvent = Exclude<RunEvent, { readonly kind: 'cycle' }>;
type Happened = (event: ServingEvent) => void;

/**
 * Serves webhooks and metrics where the settings say so, until it is disposed of.
 * @param health  which is told of signs of life
 * @throws {Failure} ADDRESS_UNUSABLE, CERTIFICATE_INVALID
 * @throws {SettingsRefused}
 */
export async function openServing(
  settings: Settings,
  place: ServingPlace,
  looking: Looking,
  health: Pick<Health, 'watchdog'>,
  happened: Happened,
): Promise<Serving> {
  const shown = metricsSettings(settings, place.kind);
  const webhooks = webhookSettings(settings);
  const metrics = shown && (await import('../server/metrics/open-metrics.ts')).openMetrics(Date.now);
  const watching = openWatching(metrics, health.watchdog);
  await using stack = new AsyncDisposableStack();
  const keep = (what: 'webhooks' | 'metrics', server: HttpServer) => {
    happened({ kind: 'serving', what, port: stack.use(server).port });
  };
  if (shown && metrics) {
    const reviews = place.kind === 'cluster' && shown.isSecure ? place.reviews : undefined;
    keep('metrics', await openMetricsServer(shown, metrics, reviews, happened));
  }
  if (webhooks) {
    const { openLooks, limitedTo } = await import('../server/webhooks/looks.ts');
    const used = looking.used ?? watching.used;
    const paced = stack.use(openLooks(used, looking.ask, limitedTo(webhooks.allowedPerHour)));
    const looks: LookRequests = {
      repositoryPushed(event, kind) {
        watching.pushed(used()(event));
        return paced.repositoryPushed(event, kind);
      },
    };
    keep('webhooks', await openWebhookServer(webhooks, looks, metrics, happened));
  }
  const owned = stack.move();
  return {
    metrics,
    observer: watching.observer,
    cluster: watching.cluster,
    look: watching.look,
    watched: watching.watched,
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

async function openMetricsServer(
  { address, http2 }: MetricsSettings,
  metrics: Metrics,
  reviews: AccessReviews | undefined,
  happened: Happened,
): Promise<HttpServer> {
  const { serveMetrics } = await import('../server/metrics/metrics-server.ts');
  return serveMetrics({ address, http2, metrics, reviews, onBug: bugs(happened) });
}

async function openWebhookServer(
  settings: WebhookSettings,
  looks: LookRequests,
  metrics: Metrics | undefined,
  happened: Happened,
): Promise<HttpServer> {
  const { serveWebhooks } = await import('../server/webhooks/webhook-server.ts');
  const { TLS_FOLDER } = await import('../server/tls.ts');
  const server = await serveWebhooks({
    settings,
    tlsFolder: TLS_FOLDER,
    looks,
    googleKeys: googleKeys(),
    observe(type, outcome) {
      metrics?.webhook(type, outcome);
      happened({ kind: 'webhook', type, outcome });
    },
    now: Date.now,
    onBug: bugs(happened),
  });
  for (const problem of server.warnings) happened({ kind: 'problem', level: 'warn', problem });
  return server;
}

function bugs(happened: Happened): (error: unknown) => void {
  return (error) => happened({ kind: 'problem', level: 'error', problem: toProblem('server', error) });
}
