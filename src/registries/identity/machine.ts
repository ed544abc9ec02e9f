import { Failure } from '../../core/failure.ts';
import type { HttpAnswer } from '../transport.ts';
import type { IdentityRequest } from './ask.ts';
import type { IdentitySurroundings } from './identity-kind.ts';

/** It answers from the same machine or not at all; elsewhere its address must not be waited for. */
const PATIENCE_MS = 2_000;
const MOST_ANSWER_BYTES = 64 * 1024;

/**
 * Asks the service by which a cloud tells a machine who it is.
 * @returns any answer; undefined when nobody answers
 * @throws {Failure} ABORTED
 */
export async function askMachine(
  request: IdentityRequest,
  { link }: IdentitySurroundings,
  signal: AbortSignal,
): Promise<HttpAnswer | undefined> {
  const patience = AbortSignal.any([signal, AbortSignal.timeout(PATIENCE_MS)]);
  const bounds = { authorization: undefined, redirects: 'none', limitBytes: MOST_ANSWER_BYTES } as const;
  try {
    return await link.send({ ...request, ...bounds }, patience);
  } catch (error) {
    if (signal.aborted || !(error instanceof Failure)) throw error;
    return undefined;
  }
}
