import type { ForgeKind } from '../core/pull-requests/pull-request.ts';
import type { Forge } from '../ports/forge.ts';
import type { HttpAccess } from '../ports/git.ts';
import type { ForgeClient } from './forge-client.ts';
import type { HostedRepository } from './hosted-repository.ts';
import type { HttpAnswer } from './transport.ts';

/** Where the API of a repository's forge may be, and what the repository is called there. */
export interface Place {
  /** "https://git.example.com/api/v1": no slash at its end. */
  readonly api: string;
  /** The path of the repository in the forge, decoded: ["acme", "deploy"]. */
  readonly path: readonly string[];
}

/** A kind of forge. A new one is a new file and a line in index.ts. */
export interface ForgeType {
  readonly kind: ForgeKind;
  /** Whether a host is known to be this forge's without being asked: the public service. */
  readonly recognises: (hostname: string) => boolean;
  /** Likeliest first; several where a forge may be installed below a path; none for paths that are none of its. */
  readonly places: (repository: HostedRepository) => readonly Place[];
  /** What this forge alone answers to somebody without credentials; `path` follows `api`. */
  readonly probe: { readonly path: string; readonly fits: (answer: HttpAnswer) => boolean };
  /** The Authorization header for a credential that is not `none`. */
  readonly authorization: (access: HttpAccess['authorization']) => string;
  readonly open: (place: Place, client: ForgeClient, authorization: HttpAccess['authorization']) => Forge;
}

/** The secret of a credential, which the forges take as a token; "" for none. */
export function secretOf(authorization: HttpAccess['authorization']): string {
  switch (authorization.kind) {
    case 'basic':
      return authorization.password;
    case 'bearer':
    case 'github-app':
      return authorization.token;
    case 'none':
      return '';
    default:
      return authorization satisfies never;
  }
}

/** For forges that take any token in the same way. */
export function bearer(authorization: HttpAccess['authorization']): string {
  return `Bearer ${secretOf(authorization)}`;
}

/** For forges that take a user's password, or a token in its place. */
export function basicOrBearer(authorization: HttpAccess['authorization']): string {
  if (authorization.kind !== 'basic') return bearer(authorization);
  const { username, password } = authorization;
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
}
