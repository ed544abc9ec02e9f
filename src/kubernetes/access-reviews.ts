import { flagAt, mappingAt, textAt, textsAt } from '../core/untyped.ts';
import type { AccessReviews } from '../ports/access-reviews.ts';
import type { KubernetesClient } from './client.ts';
import { apiVersionOf, type Resource, SUBJECT_ACCESS_REVIEWS, TOKEN_REVIEWS } from './resources.ts';

export function accessReviews(client: KubernetesClient): AccessReviews {
  const review = async (resource: Resource, spec: object, signal: AbortSignal) => {
    const content = { apiVersion: apiVersionOf(resource), kind: resource.kind, spec };
    const body = { type: 'application/json', content } as const;
    return mappingAt((await client.call({ verb: 'create', place: { resource }, body }, signal)).body, 'status');
  };
  return {
    async mayGet(token, path, signal) {
      const identity = await review(TOKEN_REVIEWS, { token }, signal);
      if (!flagAt(identity, 'authenticated')) return 'unauthenticated';
      const user = mappingAt(identity, 'user');
      const who = { user: textAt(user, 'username'), groups: textsAt(user, 'groups'), uid: textAt(user, 'uid') };
      const nonResourceAttributes = { path, verb: 'get' };
      const access = await review(
        SUBJECT_ACCESS_REVIEWS,
        { ...who, extra: user['extra'], nonResourceAttributes },
        signal,
      );
      return flagAt(access, 'allowed') ? 'allowed' : 'forbidden';
    },
  };
}
