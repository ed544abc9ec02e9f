import { type KeySource, keepKeys } from '../server/webhooks/google-keys.ts';

// Google's keys for OpenID Connect, as https://accounts.google.com/.well-known/openid-configuration names them.
const GOOGLE_KEYS = 'https://www.googleapis.com/oauth2/v3/certs';
const TIMEOUT_MS = 10_000;
const MOST_BYTES = 256 * 1024;

/** Google's keys, fetched when the first token has to be checked; through the proxy of the environment, if there is one. */
export function googleKeys(): KeySource {
  return keepKeys(fetchKeys, () => performance.now());
}

async function fetchKeys(): Promise<string> {
  const { EnvHttpProxyAgent, request } = await import('undici');
  await using dispatcher = Object.assign(new EnvHttpProxyAgent({ maxResponseSize: MOST_BYTES }), {
    [Symbol.asyncDispose]: () => dispatcher.destroy(),
  });
  const { statusCode, body } = await request(GOOGLE_KEYS, { dispatcher, signal: AbortSignal.timeout(TIMEOUT_MS) });
  if (statusCode !== 200) throw new Error(`${GOOGLE_KEYS} answered ${statusCode}`);
  return await body.text();
}
