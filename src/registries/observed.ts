import { Failure } from '../core/failure.ts';
import type { RegistryObserver, RequestOutcome } from '../ports/observers.ts';
import type { HttpAnswer } from './transport.ts';

/** Tells an observer what became of one request; one that was asked to stop is not spoken of. */
export async function observed(
  observer: RegistryObserver | undefined,
  registry: string,
  send: () => Promise<HttpAnswer>,
): Promise<HttpAnswer> {
  if (observer === undefined) return send();
  const began = performance.now();
  const ended = (outcome: RequestOutcome) => observer.requestEnded(registry, outcome, performance.now() - began);
  try {
    const answer = await send();
    ended(outcomeOf(answer.status));
    return answer;
  } catch (error) {
    if (!(error instanceof Failure && error.code === 'ABORTED')) ended('unanswered');
    throw error;
  }
}

function outcomeOf(status: number): RequestOutcome {
  if (status < 400) return 'ok';
  if (status === 401 || status === 403) return 'unauthorized';
  if (status === 404) return 'not-found';
  if (status === 429) return 'rate-limited';
  return status >= 500 ? 'server-error' : 'refused';
}
