import type { AccessReviews } from '../../ports/access-reviews.ts';
import { guarded } from '../guard.ts';
import { byPath, type HttpServer, listen, type Serve } from '../http-server.ts';
import { selfSignedTls } from '../tls.ts';
import type { Metrics } from './open-metrics.ts';

export interface MetricsServerOptions {
  readonly address: string;
  readonly http2: boolean;
  readonly metrics: Metrics;
  /** HTTPS, for those who may read `/metrics` in the cluster; undefined for plain HTTP, for everybody. */
  readonly reviews: AccessReviews | undefined;
  readonly onBug: (error: unknown) => void;
}

/**
 * Serves `/metrics` until it is disposed of.
 * @throws {Failure} ADDRESS_UNUSABLE
 */
export async function serveMetrics(options: MetricsServerOptions): Promise<HttpServer> {
  const { address, http2, metrics, reviews, onBug } = options;
  const scrape: Serve = async () => ({ status: 200, body: await metrics.text(), contentType: metrics.contentType });
  if (reviews === undefined) return listen({ address, serve: byPath({ '/metrics': scrape }), onBug });
  const serve = byPath({ '/metrics': guarded(scrape, reviews, () => performance.now(), onBug) });
  return listen({ address, http2, tls: selfSignedTls(Date.now()), serve, onBug });
}
