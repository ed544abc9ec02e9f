import type { HandoffSettings } from '../../config/settings/handoff-settings.ts';
import type { Problem } from '../../core/failure.ts';
import { type HttpServer, listen, type Serve } from '../http-server.ts';
import { readTls, tlsWarnings } from '../tls.ts';
import { HANDOFF_PATH, type HandoffReception, receiveHandoff, tellHandoff } from './receive.ts';

export interface HandoffServerOptions extends HandoffReception {
  readonly settings: HandoffSettings;
  /** Holds tls.crt and tls.key. */
  readonly tlsFolder: string;
  readonly onBug: (error: unknown) => void;
}

export interface HandoffServer extends HttpServer {
  readonly warnings: readonly Problem[];
}

/**
 * Serves `POST /api/v1/handoff` and `GET /api/v1/handoff/<id>` on every address of this machine until it is disposed of.
 * @throws {Failure} ADDRESS_UNUSABLE, CERTIFICATE_INVALID
 */
export async function serveHandoffs(options: HandoffServerOptions): Promise<HandoffServer> {
  const { settings, tlsFolder, onBug, now } = options;
  const { port, http2 } = settings;
  const tls = settings.tls && (await readTls(tlsFolder, settings.tls, now()));
  const server = await listen({ address: `:${port}`, tls: tls?.options, http2, serve: handoffPaths(options), onBug });
  return { ...server, warnings: tlsWarnings(settings.tls, tls, tlsFolder) };
}

const OPERATION = new RegExp(`^${HANDOFF_PATH}/([A-Za-z0-9_-]{22})$`);

function handoffPaths(reception: HandoffReception): Serve {
  return (request) => {
    if (request.path === HANDOFF_PATH) return receiveHandoff(reception, request);
    if (request.path === '/healthz') return { status: 200, body: 'OK' };
    const [, id] = OPERATION.exec(request.path) ?? [];
    return id === undefined ? { status: 404, body: '404 page not found\n' } : tellHandoff(reception, id, request);
  };
}
