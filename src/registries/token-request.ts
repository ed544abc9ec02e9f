import type { Credential } from './credentials/credential.ts';
import type { HttpRequest } from './transport.ts';

interface Asked {
  /** The realm, as judged. */
  readonly realm: URL;
  readonly service: string | undefined;
  /** Undefined for a token that allows nothing, as `docker login` asks for. */
  readonly scope: string | undefined;
}

const ANSWER_LIMIT_BYTES = 1024 * 1024;
const CLIENT_ID = 'tiphys';

/**
 * A request for a token. A password goes by Basic with GET, an identity token in the body of a POST; a token that
 * lasts (`offline_token`) is never asked for.
 * @see https://distribution.github.io/distribution/spec/auth/token/ and .../spec/auth/oauth/
 */
export function tokenRequest({ realm, service, scope }: Asked, credential: Credential | undefined): HttpRequest {
  const headers = { accept: 'application/json' };
  const wanted = { ...(service === undefined ? {} : { service }), ...(scope === undefined ? {} : { scope }) };
  if (credential?.kind === 'identity-token') {
    const grant = { grant_type: 'refresh_token', client_id: CLIENT_ID, refresh_token: credential.token };
    return {
      method: 'POST',
      url: realm,
      headers: { ...headers, 'content-type': 'application/x-www-form-urlencoded' },
      authorization: undefined,
      body: new URLSearchParams({ ...grant, ...wanted }).toString(),
      redirects: 'none',
      limitBytes: ANSWER_LIMIT_BYTES,
    };
  }
  const url = new URL(realm);
  for (const [name, value] of Object.entries(wanted)) url.searchParams.set(name, value);
  if (credential !== undefined) url.searchParams.set('account', credential.user);
  const authorization =
    credential && `Basic ${Buffer.from(`${credential.user}:${credential.password}`).toString('base64')}`;
  return { method: 'GET', url, headers, authorization, limitBytes: ANSWER_LIMIT_BYTES };
}
