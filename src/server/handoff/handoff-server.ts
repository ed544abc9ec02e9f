import type { HandoffSettings } from '../../config/settings/handoff-settings.ts';
import { boundedCache } from '../../core/bounded-cache.ts';
import type { Serve } from '../http-server.ts';
import { type PortOptions, type PortServer, serveAtPort } from '../port-server.ts';
import type { Rates } from './rates.ts';
import {
  HANDOFF_PATH,
  type HandoffReception,
  isFromPipeline,
  receiveHandoff,
  tellHandoff,
  tooOften,
} from './receive.ts';

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

/** Hand-offs that were taken or told here; each has a path that nobody guesses. */
const MOST_KNOWN = 10_000;

/**
 * After too many refusals nothing is read, stored or logged but for a pipeline that a rule names, and for who knows of a
 * hand-off. These are not turned away because of others, who may share their address: behind an ingress all do.
 */
function keepingStrangersOff(options: HandoffServerOptions, serve: Serve): Serve {
  const { strangers, steadyNow, observe } = options;
  const known = boundedCache<true>(MOST_KNOWN, () => 1);
  const isOver = (address: string) =>
    strangers.each.isOver(address, steadyNow()) || strangers.all.isOver(EVERYBODY, steadyNow());
  return async (request) => {
    const { address, path } = request;
    if (isOver(address) && !known.get(path) && !(await isFromPipeline(options, request))) {
      observe({ outcome: 'limited' });
      return tooOften();
    }
    const answer = await serve(request);
    if (answer.status < 300) known.set(answer.headers?.['location'] ?? path, true);
    if (!STRANGE.includes(answer.status)) return answer;
    strangers.each.count(address, steadyNow());
    strangers.all.count(EVERYBODY, steadyNow());
    return answer;
  };
}
