import { createHash } from 'node:crypto';
import type { AccessReview, AccessReviews } from '../ports/access-reviews.ts';
import type { Serve, ServedAnswer } from './http-server.ts';

const ALLOWED_MS = 60_000;
const REFUSED_MS = 10_000;
const MOST_REMEMBERED = 1_000;
const REVIEW_TIMEOUT_MS = 10_000;

/**
 * Serves only those whom the cluster lets read the path, as upstream's secure metrics. What the cluster says is
 * remembered for a minute, a refusal for ten seconds, by a digest of the token.
 * @param nowMs of a clock that never goes back
 * @param onFailure told why the cluster could not be asked; nobody is let in then
 */
export function guarded(
  serve: Serve,
  reviews: AccessReviews,
  nowMs: () => number,
  onFailure: (error: unknown) => void,
): Serve {
  const remembered = new Map<string, { readonly review: AccessReview; readonly untilMs: number }>();
  const review = async (token: string, path: string): Promise<AccessReview> => {
    const key = createHash('sha256').update(`${path}\n${token}`).digest('base64');
    const known = remembered.get(key);
    if (known && known.untilMs > nowMs()) return known.review;
    const found = await reviews.mayGet(token, path, AbortSignal.timeout(REVIEW_TIMEOUT_MS));
    remembered.delete(key);
    const [oldest] = remembered.keys();
    if (remembered.size >= MOST_REMEMBERED && oldest !== undefined) remembered.delete(oldest);
    remembered.set(key, { review: found, untilMs: nowMs() + (found === 'allowed' ? ALLOWED_MS : REFUSED_MS) });
    return found;
  };
  return async (request) => {
    const [, token] = /^Bearer +(\S+)$/i.exec(request.headers.authorization ?? '') ?? [];
    if (token === undefined) return UNAUTHENTICATED;
    try {
      const found = await review(token, request.path);
      if (found === 'allowed') return await serve(request);
      return found === 'forbidden' ? { status: 403, body: 'Authorization denied\n' } : UNAUTHENTICATED;
    } catch (error) {
      onFailure(error);
      return { status: 500, body: 'the cluster cannot be asked who may read this\n' };
    }
  };
}

const UNAUTHENTICATED: ServedAnswer = {
  status: 401,
  body: 'Unauthorized\n',
  headers: { 'www-authenticate': 'Bearer' },
};
