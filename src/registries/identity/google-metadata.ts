import { Failure } from '../../core/failure.ts';
import { isUntyped } from '../../core/untyped.ts';
import type { HttpAnswer } from '../transport.ts';
import { type GoogleToken, readGoogleToken } from './google-token.ts';
import type { IdentitySurroundings } from './identity-kind.ts';

/** It answers from the same machine or not at all; elsewhere its name must not be waited for. */
const PATIENCE_MS = 2_000;
const MOST_ANSWER_BYTES = 64 * 1024;

/**
 * The token of the service account that this workload runs as, from the metadata server of GKE or Compute Engine.
 * @returns undefined when there is no such server, or it knows no service account
 * @see https://cloud.google.com/compute/docs/access/authenticate-workloads
 */
export async function metadataToken(
  around: IdentitySurroundings,
  signal: AbortSignal,
): Promise<GoogleToken | undefined> {
  const step = { name: 'Google metadata server', fix: 'give the workload a service account' };
  const path = '/computeMetadata/v1/instance/service-accounts/default/token';
  const url = new URL(path, around.addresses.gceMetadata);
  const answer = await patiently(url, around, signal);
  // The header tells it from whatever else may answer to the name.
  if (answer?.status !== 200 || answer.headers['metadata-flavor'] !== 'Google') return undefined;
  const json = parseJson(answer.body);
  return isUntyped(json) ? readGoogleToken(json, step, around.now()) : undefined;
}

async function patiently(
  url: URL,
  { link }: IdentitySurroundings,
  signal: AbortSignal,
): Promise<HttpAnswer | undefined> {
  const headers = { 'metadata-flavor': 'Google' };
  const request = { method: 'GET', url, headers, authorization: undefined, redirects: 'none' } as const;
  const patience = AbortSignal.any([signal, AbortSignal.timeout(PATIENCE_MS)]);
  try {
    return await link.send({ ...request, limitBytes: MOST_ANSWER_BYTES }, patience);
  } catch (error) {
    if (signal.aborted || !(error instanceof Failure)) throw error;
    return undefined;
  }
}

function parseJson(body: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(body).toString());
  } catch {
    return undefined;
  }
}
