import { createHash } from 'node:crypto';
import type { Credential, CredentialHolder } from './credential.ts';

/** A credential that was read from somewhere, and is what it is. */
export function fixedHolder(from: string, credential: Credential): CredentialHolder {
  return {
    from,
    id: createHash('sha256').update(JSON.stringify(credential)).digest('hex'),
    get: async () => credential,
    renew: async () => undefined,
  };
}
