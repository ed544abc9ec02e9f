/** Whether somebody may read a path of ours. */
export type AccessReview = 'allowed' | 'unauthenticated' | 'forbidden';

/** Asks the cluster who somebody is, and what he may do. */
export interface AccessReviews {
  /**
   * A TokenReview, then a SubjectAccessReview for the verb `get` on a path that is no resource.
   * @param token as it stands behind "Bearer"; a secret
   * @throws {Failure} CLUSTER_FORBIDDEN, CLUSTER_UNREACHABLE, ...
   */
  mayGet(token: string, path: string, signal: AbortSignal): Promise<AccessReview>;
}
