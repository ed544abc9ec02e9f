import type { Untyped } from '../../core/untyped.ts';

/** What a push subscription of Google's Pub/Sub signs its requests with. */
export interface ExpectedPush {
  /** As the subscription names it; the endpoint's URL, if it names none. */
  readonly audience: string;
  /** E-mail of the service account that the subscription signs with. */
  readonly serviceAccount: string;
}

export const GOOGLE_ISSUERS: readonly string[] = ['https://accounts.google.com', 'accounts.google.com'];

/**
 * What is wrong with the claims of a token that Google signed; undefined when nothing is.
 * @see https://cloud.google.com/pubsub/docs/authenticate-push-subscriptions
 */
export function doubtOfPush(claims: Untyped, { serviceAccount }: ExpectedPush): string | undefined {
  const isMeant = claims['email'] === serviceAccount && claims['email_verified'] === true;
  return isMeant ? undefined : 'it is of another service account';
}
