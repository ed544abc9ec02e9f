/** What opens a registry. */
export type Credential =
  | { readonly kind: 'password'; readonly user: string; readonly password: string }
  /** An OAuth2 refresh token: good for nothing but to be given for tokens at the registry's realm. */
  | { readonly kind: 'identity-token'; readonly token: string };

/** A credential that may have an end. */
export interface Lease {
  readonly credential: Credential;
  /** Milliseconds since 1970; absent for one that is good until it is refused. */
  readonly expiresMs?: number;
}

/** One way into a registry. */
export interface CredentialHolder {
  /** For people: "Secret shop/ghcr, field auth". Never holds the credential. */
  readonly from: string;
  /** Another one when the credential is another one, so that what was got with the old one is given up. */
  readonly id: string;
  /**
   * The credential as it is now.
   * @returns undefined when it turns out that there is none
   * @throws {Failure} CREDENTIALS_INVALID
   */
  get(signal: AbortSignal): Promise<Credential | undefined>;
  /** A fresh one after this one was refused; undefined when no other is to be had. */
  renew(refused: Credential, signal: AbortSignal): Promise<Credential | undefined>;
}
