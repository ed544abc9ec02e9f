import type { Lease } from '../credentials/credential.ts';
import { keyFileToken } from './google-key-file.ts';
import { metadataToken } from './google-metadata.ts';
import type { GoogleToken } from './google-token.ts';
import type { IdentityKind } from './identity-kind.ts';

/** Google Artifact Registry and the names of Container Registry before it. */
export const gar: IdentityKind = {
  id: 'gar',
  from: 'Google identity of this process',
  fix: 'let GOOGLE_APPLICATION_CREDENTIALS name a key file, or run where there is a metadata server',
  serves: (hostname) => /^(?:[a-z0-9-]+\.)?gcr\.io$|^[a-z0-9-]+-docker\.pkg\.dev$/.test(hostname),
  async ask(_endpoint, around, signal) {
    const file = around.env['GOOGLE_APPLICATION_CREDENTIALS'];
    const token = file ? await keyFileToken(file, around, signal) : await metadataToken(around, signal);
    return token && asLease(token);
  },
};

function asLease({ text, expiresMs }: GoogleToken): Lease {
  return { credential: { kind: 'password', user: 'oauth2accesstoken', password: text }, expiresMs };
}
