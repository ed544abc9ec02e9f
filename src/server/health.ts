import type { Watchdog } from '../core/watchdog.ts';
import { byPath, type HttpServer, listen } from './http-server.ts';

export interface HealthServerOptions {
  readonly address: string;
  readonly watchdog: Watchdog;
  /** What the first list still waits for; undefined when it is complete, and on a standby. */
  readonly waitsFor: () => string | undefined;
  readonly onBug: (error: unknown) => void;
}

/**
 * Serves `/healthz`, red only when somebody is stuck whom a restart would free, and `/readyz`, red only before the first
 * list is complete: a registry or a Git host that fails is no reason to be restarted or taken out of service. That the
 * event loop is stuck shows by no answer at all.
 * @throws {Failure} ADDRESS_UNUSABLE
 */
export async function serveHealth({ address, watchdog, waitsFor, onBug }: HealthServerOptions): Promise<HttpServer> {
  const serve = byPath({
    '/healthz': () => {
      const stuck = watchdog.stuck(performance.now());
      const named = stuck.map(({ name, silentMs }) => `${name} has been stuck for ${Math.round(silentMs / 1000)} s`);
      return stuck.length === 0 ? { status: 200, body: 'ok' } : { status: 500, body: `${named.join('\n')}\n` };
    },
    '/readyz': () => {
      const missing = waitsFor();
      return missing === undefined ? { status: 200, body: 'ok' } : { status: 500, body: `waiting for ${missing}\n` };
    },
  });
  return listen({ address, serve, onBug });
}
