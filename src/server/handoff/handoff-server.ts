import type { HandoffSettings } from '../../config/settings/handoff-settings.ts';
import type { Serve } from '../http-server.ts';
import { type PortOptions, type PortServer, serveAtPort } from '../port-server.ts';
import type { Rates } from './rates.ts';
import { HANDOFF_PATH, type HandoffReception, receiveHandoff, tellHandoff, tooOften } from './receive.ts';

/** How often somebody may ask who proves nothing, or what he may not do. */
interface StrangerRates {
  /** For each address. */
  readonly each: Rates;
  readonly all: Rates;
}

export interface HandoffServerOptions extends HandoffReception, PortOptions<HandoffSettings> {
  readonly strangers: StrangerRates;
}

/**
 * Serves `POST /api/v1/handoff` and `GET /api/v1/handoff/<id>`.
 * @throws {Failure} as `serveAtPort`
 */
export async function serveHandoffs(options: HandoffServerOptions): Promise<PortServer> {
  return await serveAtPort(options, handoffPaths(options));
}

const OPERATION = new RegExp(`^${HANDOFF_PATH}/([A-Za-z0-9_-]{22})$`);

function handoffPaths(options: HandoffServerOptions): Serve {
  const answer = keepingStrangersOff(options, (request) => {
    if (request.path === HANDOFF_PATH) return receiveHandoff(options, request);
    const [, id] = OPERATION.exec(request.path) ?? [];
    return id === undefined ? { status: 404, body: '404 page not found\n' } : tellHandoff(options, id, request);
  });
  return (request) => (request.path === '/healthz' ? { status: 200, body: 'OK' } : answer(request));
}

/** A token that belongs to nobody here, one of a project that no rule names, a guess, or nobody can tell now. */
const STRANGE = [401, 403, 404, 503];
const EVERYBODY = '';

/**
 * Whoever is refused too often is turned away before a signature is checked for him or a line is written; those who are
 * let in are never counted, however many of them come from one address.
 */
function keepingStrangersOff(
  { strangers: { each, all }, steadyNow, observe }: HandoffServerOptions,
  serve: Serve,
): Serve {
  return async (request) => {
    const { address } = request;
    if (each.isOver(address, steadyNow()) || all.isOver(EVERYBODY, steadyNow())) {
      observe({ outcome: 'limited' });
      return tooOften();
    }
    const answer = await serve(request);
    if (!STRANGE.includes(answer.status)) return answer;
    each.count(address, steadyNow());
    all.count(EVERYBODY, steadyNow());
    return answer;
  };
}
