import { Failure } from '../core/failure.ts';
import type { EndpointClient } from './endpoint-client.ts';
import type { Session } from './session.ts';
import type { HttpAnswer, HttpRequest } from './transport.ts';

/** How one repository is asked. */
export interface Access {
  readonly client: EndpointClient;
  send(request: Omit<HttpRequest, 'authorization'>, repository: string, signal: AbortSignal): Promise<HttpAnswer>;
  /** What a 401 or 403 means, with whose credentials it came about. */
  refused(answer: HttpAnswer, what: string): Failure;
}

/** What one session came to: it was let in, or it was not. */
type Try =
  | { readonly kind: 'answer'; readonly answer: HttpAnswer }
  | { readonly kind: 'refused'; readonly answer: HttpAnswer }
  | { readonly kind: 'failed'; readonly error: Failure };

/**
 * One repository, asked by several sessions in turn until one is let in; that one is kept to. When none is, the first
 * one's refusal counts: its credentials are those that were meant.
 */
export function accessInOrder([first, ...others]: readonly [Session, ...Session[]]): Access {
  if (others.length === 0) return first;
  const sessions = [first, ...others];
  const askers = new WeakMap<HttpAnswer, Session>();
  let admitted = 0;
  return {
    client: first.client,
    async send(request, repository, signal) {
      let refusal: Try | undefined;
      for (const [index, session] of sessions.entries()) {
        const tried = index < admitted ? undefined : await tryOne(session, request, repository, signal);
        if (tried === undefined) continue;
        if (tried.kind !== 'failed') askers.set(tried.answer, session);
        if (tried.kind === 'answer') {
          admitted = Math.max(admitted, index);
          return tried.answer;
        }
        refusal ??= tried;
      }
      if (refusal?.kind === 'failed') throw refusal.error;
      if (refusal !== undefined) return refusal.answer;
      throw new Error('the last way to ask a registry is never impossible');
    },
    refused: (answer, what) => (askers.get(answer) ?? first).refused(answer, what),
  };
}

/** Undefined when there is nothing to ask with. */
async function tryOne(
  session: Session,
  request: Omit<HttpRequest, 'authorization'>,
  repository: string,
  signal: AbortSignal,
): Promise<Try | undefined> {
  try {
    if (!(await session.isPossible(signal))) return undefined;
    const answer = await session.send(request, repository, signal);
    return { kind: [401, 403].includes(answer.status) ? 'refused' : 'answer', answer };
  } catch (error) {
    const isRefusal = error instanceof Failure && ['REGISTRY_UNAUTHORIZED', 'CREDENTIALS_INVALID'].includes(error.code);
    if (!isRefusal) throw error;
    return { kind: 'failed', error };
  }
}
