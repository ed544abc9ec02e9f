import type { Untyped } from '../../core/untyped.ts';
import { type Step, textOf } from './ask.ts';

export interface GoogleToken {
  readonly text: string;
  readonly expiresMs: number;
}

/** What Artifact Registry wants to see; what may be read is decided by roles. */
export const GOOGLE_SCOPE = 'https://www.googleapis.com/auth/cloud-platform';
/** When the answer does not say. */
const LIFETIME_S = 3600;

/** The answer of an OAuth2 token endpoint. RFC 6749, section 5.1. */
export function readGoogleToken(answer: Untyped, step: Step, nowMs: number): GoogleToken {
  const lifetimeS = Number(answer['expires_in']) || LIFETIME_S;
  return { text: textOf(answer, 'access_token', step), expiresMs: nowMs + lifetimeS * 1000 };
}
