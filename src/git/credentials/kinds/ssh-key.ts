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
    if (hasPassphrase(key)) return unparsable('sshPrivateKey has a passphrase; take it off with ssh-keygen -p');
    return parsed({ kind: 'ssh-key', key: `${key}\n`, source });
  },
};

/** Told here, because ssh passes over such a key without a word. PROTOCOL.key of OpenSSH, RFC 1421 and RFC 5958. */
function hasPassphrase(pem: string): boolean {
  if (/^-----BEGIN ENCRYPTED |^Proc-Type: 4,ENCRYPTED/m.test(pem)) return true;
  const bytes = Buffer.from(pem.replace(/-----.*-----/g, ''), 'base64');
  const magic = 'openssh-key-v1\0';
  if (bytes.subarray(0, magic.length).toString() !== magic || bytes.length < magic.length + 4) return false;
  const length = bytes.readUInt32BE(magic.length);
  return bytes.subarray(magic.length + 4, magic.length + 4 + length).toString() !== 'none';
}
