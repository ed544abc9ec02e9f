import { isUntyped, type Untyped } from '../../core/untyped.ts';
import type { Lease } from '../credentials/credential.ts';
import { splitUserPassword } from '../credentials/docker-config.ts';
import { invalid } from '../credentials/invalid.ts';
import { askJson, type Step, textOf } from './ask.ts';
import type { IdentitySurroundings } from './identity-kind.ts';
import { type AwsCredentials, signedHeaders } from './sigv4.ts';

/** How long ECR says that its tokens are good. */
const LIFETIME_MS = 12 * 3_600_000;

interface TokenRequest {
  readonly step: Step;
  readonly url: string;
  readonly region: string;
  /** For signing. */
  readonly service: 'ecr' | 'ecr-public';
  /** The action, in the words of the JSON protocol. */
  readonly target: string;
}

/** ECR's GetAuthorizationToken: user and password for every registry that these credentials may read. */
export async function ecrToken(
  credentials: AwsCredentials,
  { step, url, region, service, target }: TokenRequest,
  around: IdentitySurroundings,
  signal: AbortSignal,
): Promise<Lease> {
  const nowMs = around.now();
  const request = { method: 'POST', url: new URL(url), body: '{}' } as const;
  const plain = { 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': target };
  const headers = signedHeaders(credentials, { ...request, headers: plain, region, service, nowMs });
  const answer = await askJson(step, { ...request, headers }, around, signal);
  const data = firstOf(answer['authorizationData']);
  const token = Buffer.from(textOf(data, 'authorizationToken', step), 'base64').toString();
  const read = splitUserPassword(token);
  if (!read.ok) throw invalid(step.name, 'its token does not read user:password', step.fix);
  // In seconds. A token that outlives the credentials it was got with is still good.
  const expiresMs = Number(data['expiresAt']) * 1000 || nowMs + LIFETIME_MS;
  return { credential: read.value, expiresMs: Math.min(expiresMs, nowMs + LIFETIME_MS) };
}

/** The public service answers with one, the private one with a list. */
function firstOf(data: unknown): Untyped {
  const first: unknown = Array.isArray(data) ? data[0] : data;
  return isUntyped(first) ? first : {};
}
