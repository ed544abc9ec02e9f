import type { HandoffSettings } from '../../config/settings/handoff-settings.ts';
import type { Serve } from '../http-server.ts';
import { type PortOptions, type PortServer, serveAtPort } from '../port-server.ts';
import { HANDOFF_PATH, type HandoffReception, receiveHandoff, tellHandoff } from './receive.ts';

export type HandoffServerOptions = HandoffReception & PortOptions<HandoffSettings>;

/**
 * Serves `POST /api/v1/handoff` and `GET /api/v1/handoff/<id>`.
 * @throws {Failure} as `serveAtPort`
 */
export async function serveHandoffs(options: HandoffServerOptions): Promise<PortServer> {
  return await serveAtPort(options, handoffPaths(options));
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
