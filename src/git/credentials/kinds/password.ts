import { parsed, unparsable } from '../../../core/parsed.ts';
import type { CredentialKind } from '../credential.ts';
import { hasControl, isTrue } from '../secret-fields.ts';

/** Hosts that take a token as password ask for any user name; Argo CD and upstream send this one. */
export const TOKEN_USER = 'x-access-token';

/** User and password, or a token in the place of the password. */
export const password: CredentialKind = {
  id: 'password',
  keys: ['username', 'password'],
  opens: 'http',
  read({ data, source }) {
    const value = data['password'] ?? '';
    if (value === '') return undefined;
    const username = data['username'] || TOKEN_USER;
    if (hasControl(username)) return unparsable('username has a line break (write it with printf, not echo)');
    if (hasControl(value)) return unparsable('password has a line break (write it with printf, not echo)');
    const isForced = isTrue(data, 'forceHttpBasicAuth');
    return parsed({ kind: 'password', username, password: value, isForced, source });
  },
};
