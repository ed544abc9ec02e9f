import { unlessAborted } from '../../core/unless-aborted.ts';
import { aborted } from '../pause.ts';
import type { Credential, Lease, Shown, TokenCredential, TokenSurroundings } from './credential.ts';

/** Makes of a credential what can be shown. Tokens are asked for once, and kept while they are good. */
export interface Tokens {
  /** @throws {Failure} CREDENTIALS_INVALID, ABORTED */
  show(credential: Credential, around: TokenSurroundings, signal: AbortSignal): Promise<Shown>;
  /** Lets the next one be asked for: a token knows nothing of rights that were given after it. */
  forget(credential: Credential): void;
}

interface Kept {
  readonly lease: Promise<Lease>;
  /** Unknown as long as the token is being asked for. */
  expiresMs: number | undefined;
}

/** So long a token must still be good when work begins with it. */
const MARGIN_MS = 5 * 60_000;
const MOST_KEPT = 1000;

export function openTokens(): Tokens {
  const kept = new Map<string, Kept>();
  return {
    show: async (credential, around, signal) => {
      if (credential.kind !== 'token') return credential;
      const id = idOf(credential);
      const last = kept.get(id);
      const isGood = last !== undefined && (last.expiresMs ?? Number.POSITIVE_INFINITY) - MARGIN_MS > around.now();
      // Others may wait for the same token, so that nobody's going away stops the asking; it ends by itself.
      const { lease } = isGood ? last : ask(kept, id, () => credential.issue(around));
      return (await unlessAborted(lease, signal, aborted)).shown;
    },
    forget: (credential) => {
      if (credential.kind === 'token') kept.delete(idOf(credential));
    },
  };
}

function idOf({ source, id }: TokenCredential): string {
  return JSON.stringify([source, id]);
}

function ask(kept: Map<string, Kept>, id: string, issue: () => Promise<Lease>): Kept {
  const asked: Kept = { lease: issue(), expiresMs: undefined };
  kept.delete(id);
  kept.set(id, asked);
  for (const [oldest] of kept) if (kept.size > MOST_KEPT) kept.delete(oldest);
  const forget = () => kept.get(id) === asked && kept.delete(id);
  asked.lease.then(({ expiresMs }) => {
    asked.expiresMs = expiresMs;
  }, forget);
  return asked;
}
