import { parsed } from '../../../core/parsed.ts';
import type { CredentialKind } from '../credential.ts';
import { textOf } from '../secret-fields.ts';

/** A certificate that says it all; beside any other credential it belongs to the connection. */
export const clientCertificate: CredentialKind = {
  id: 'client-certificate',
  keys: ['tlsClientCertData', 'tlsClientCertKey'],
  opens: 'http',
  read({ data, source }) {
    return textOf(data, 'tlsClientCertData') === undefined ? undefined : parsed({ kind: 'certificate', source });
  },
};
