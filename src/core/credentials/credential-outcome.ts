import type { FailureCode } from '../failure.ts';

/** A credential by the name of its place, never its value, and where it was shown. */
export interface CredentialPlace {
  /** "Secret shop/ghcr, field auth" */
  readonly credential: string;
  /** Host and port of the registry. */
  readonly host: string;
}

/** What a registry made of a credential: it was let in, or the code of the failure. */
export type CredentialOutcome = 'accepted' | FailureCode;

/** How a credential fared, last. Times in milliseconds since 1970. */
export interface RememberedOutcomes extends CredentialPlace {
  readonly lastSuccessMs: number | undefined;
  /** The code is that of a Failure, perhaps of another release. */
  readonly lastFailure: { readonly atMs: number; readonly code: string } | undefined;
}
