import { isUntyped } from '../../core/untyped.ts';
import { type GoogleToken, readGoogleToken } from './google-token.ts';
import type { IdentitySurroundings } from './identity-kind.ts';
import { askMachine } from './machine.ts';

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
  const answer = await askMachine({ method: 'GET', url, headers: { 'metadata-flavor': 'Google' } }, around, signal);
  // The header tells it from whatever else may answer to the name.
  if (answer?.status !== 200 || answer.headers['metadata-flavor'] !== 'Google') return undefined;
  const json = parseJson(answer.body);
  return isUntyped(json) ? readGoogleToken(json, step, around.now()) : undefined;
}

function parseJson(body: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(body).toString());
  } catch {
    return undefined;
  }
}
