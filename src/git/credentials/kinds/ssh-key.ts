import { parsed, unparsable } from '../../../core/parsed.ts';
import type { CredentialKind } from '../credential.ts';
import { textOf } from '../secret-fields.ts';

/** A private key in any of the forms that OpenSSH reads. */
export const sshKey: CredentialKind = {
  id: 'ssh-key',
  keys: ['sshPrivateKey'],
  opens: 'ssh',
  read({ data, source }) {
    const key = textOf(data, 'sshPrivateKey')?.replaceAll('\r\n', '\n');
    if (key === undefined) return undefined;
    if (!/^-----BEGIN [A-Z ]*PRIVATE KEY-----\n[\s\S]+\n-----END [A-Z ]*PRIVATE KEY-----$/.test(key)) {
      return unparsable('sshPrivateKey is not a private key in PEM form');
    }
    return parsed({ kind: 'ssh-key', key: `${key}\n`, source });
  },
};
