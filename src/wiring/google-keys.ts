import { fetchText } from '../server/oidc/fetch-text.ts';
import { type KeySource, keepKeys } from '../server/oidc/key-set.ts';

// Google's keys for OpenID Connect, as https://accounts.google.com/.well-known/openid-configuration names them.
const GOOGLE_KEYS = 'https://www.googleapis.com/oauth2/v3/certs';

/** Google's keys, fetched when the first token has to be checked. */
export function googleKeys(): KeySource {
  return keepKeys(
    () => fetchText(GOOGLE_KEYS),
    () => performance.now(),
  );
}
