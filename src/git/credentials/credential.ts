import type { Parsed } from '../../core/parsed.ts';
import type { Remote } from '../remote-url.ts';
import type { Ask } from './ask.ts';

/** What git can show at once. `source` is named in messages, "the Secret argocd/shop"; the values never are. */
export type Shown =
  | {
      readonly kind: 'password';
      readonly username: string;
      readonly password: string;
      /** Sent without being asked for (`forceHttpBasicAuth`). */
      readonly isForced: boolean;
      readonly source: string;
    }
  | { readonly kind: 'bearer'; readonly token: string; readonly source: string }
  | { readonly kind: 'github-app'; readonly token: string; readonly apiBase: string; readonly source: string }
  | { readonly kind: 'ssh-key'; readonly key: string; readonly source: string }
  /** Nothing but the client certificate of the connection. */
  | { readonly kind: 'certificate'; readonly source: string }
  /** The user's own credential helpers, netrc or ssh. `passedOver` is a Secret that holds nothing for this address. */
  | { readonly kind: 'own'; readonly passedOver?: string };

/** How git proves who it is, as it is written down. */
export type Credential = Shown | TokenCredential;

/** Something for which somebody gives out tokens that end. */
export interface TokenCredential {
  readonly kind: 'token';
  readonly source: string;
  /** Whoever has the same one is given the same token. May be made of secrets: it is never shown. */
  readonly id: string;
  /** @throws {Failure} CREDENTIALS_INVALID with the step that failed */
  issue(around: TokenSurroundings): Promise<Lease>;
}

export interface Lease {
  readonly shown: Shown;
  readonly expiresMs: number;
}

export interface TokenSurroundings {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly addresses: TokenAddresses;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** By the connection of the repository: its proxy, and its certificates where the host is the repository's. */
  readonly ask: Ask;
}

/** Who gives out tokens. Never from what a key file says; tests put their own in. */
export interface TokenAddresses {
  readonly google: string;
  readonly azureAuthority: string;
  /** GitHub's API for a host of repositories; undefined for a host that is not GitHub's own. */
  readonly githubApi: (hostname: string) => string | undefined;
}

/** What Secrets say about one repository, fields of templates filled in. */
export interface RepositorySecret {
  /** Whose credential it is, "the Secret argocd/shop". */
  readonly source: string;
  readonly data: Readonly<Record<string, string>>;
  /** Written by whoever runs Argo CD: only then may it lend the identity of this process. */
  readonly isArgocds: boolean;
}

/** One kind of credential that a Secret can hold. */
export interface CredentialKind {
  readonly id: string;
  /** Any of these and a repository Secret takes nothing from a template (reference argocd, 3.2). */
  readonly keys: readonly string[];
  /** What it opens. */
  readonly opens: Remote['kind'];
  /** @returns undefined when the Secret holds nothing of this kind; a problem names the key, never its value */
  read(secret: RepositorySecret, remote: Remote): Parsed<Credential> | undefined;
}
