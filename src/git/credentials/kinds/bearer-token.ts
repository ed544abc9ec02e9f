import { parsed, unparsable } from '../../../core/parsed.ts';
import type { CredentialKind } from '../credential.ts';
import { textOf } from '../secret-fields.ts';

/** A token that is sent as `Authorization: Bearer`, as Bitbucket Data Center wants its own. */
export const bearerToken: CredentialKind = {
  id: 'bearer-token',
  keys: ['bearerToken'],
  opens: 'http',
  read({ data, source }) {
    const token = textOf(data, 'bearerToken');
    if (token === undefined) return undefined;
    // RFC 6750, section 2.1.
    if (!/^[\w.~+/-]+=*$/.test(token)) return unparsable('bearerToken has characters that no token has');
    return parsed({ kind: 'bearer', token, source });
  },
};
