import { createPrivateKey, type KeyObject } from 'node:crypto';
import { signJwt } from '../../../core/jwt.ts';
import { type Parsed, parsed, unparsable } from '../../../core/parsed.ts';
import { isUntyped, type Untyped } from '../../../core/untyped.ts';
import { accepted, answered, formRequest } from '../ask.ts';
import type { CredentialKind } from '../credential.ts';
import { textOf } from '../secret-fields.ts';

const GRANT = 'urn:ietf:params:oauth:grant-type:jwt-bearer';
/** What Cloud Source Repositories and Secure Source Manager want; what may be done is decided by roles. */
const SCOPE = 'https://www.googleapis.com/auth/cloud-platform';
const LIFETIME_S = 3600;

/** The key of a Google service account: it signs for a token, which is the password of the account's address. */
export const googleServiceAccount: CredentialKind = {
  id: 'google-service-account',
  keys: ['gcpServiceAccountKey'],
  opens: 'http',
  read({ data, source }) {
    const text = textOf(data, 'gcpServiceAccountKey');
    if (text === undefined) return undefined;
    const account = readKeyFile(text);
    if (!account.ok) return unparsable(`gcpServiceAccountKey ${account.problem}`);
    const { email, key, header } = account.value;
    const step = {
      name: `Google OAuth2, token for the service account of ${source}`,
      fix: 'see that the service account and its key still exist, and that this machine knows the time',
    };
    return parsed({
      kind: 'token',
      source,
      id: JSON.stringify(['google-service-account', text]),
      issue: async ({ addresses, now, ask }) => {
        const issuedS = Math.floor(now() / 1000);
        const claims = { iss: email, scope: SCOPE, aud: addresses.google, iat: issuedS, exp: issuedS + LIFETIME_S };
        const assertion = signJwt(header, claims, key);
        const request = formRequest(new URL(addresses.google), { grant_type: GRANT, assertion });
        const json = accepted(step, request, await ask(step, request));
        const password = answered(step, json, 'access_token');
        const lifetimeS = Number(json['expires_in']) || LIFETIME_S;
        return {
          shown: { kind: 'password', username: email, password, isForced: false, source },
          expiresMs: now() + lifetimeS * 1000,
        };
      },
    });
  },
};

interface Account {
  readonly email: string;
  readonly key: KeyObject;
  /** Of the token: which of the account's keys has signed it. */
  readonly header: object;
}

function readKeyFile(text: string): Parsed<Account> {
  const file = parseJson(text);
  const { type, client_email: email, private_key: pem, private_key_id: kid } = file ?? {};
  if (type !== 'service_account') return unparsable('is not the JSON key of a service account');
  if (typeof email !== 'string' || !/^[^\p{Cc}\s:]+@[^\p{Cc}\s:]+$/u.test(email))
    return unparsable('has no client_email');
  try {
    const key = createPrivateKey(String(pem));
    return parsed({ email, key, header: typeof kid === 'string' ? { kid } : {} });
  } catch {
    return unparsable('has a private_key that cannot be read');
  }
}

function parseJson(text: string): Untyped | undefined {
  try {
    const json: unknown = JSON.parse(text);
    return isUntyped(json) ? json : undefined;
  } catch {
    return undefined; // The message of the error quotes the text.
  }
}
