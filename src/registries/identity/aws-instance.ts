import { askJson, type IdentityRequest } from './ask.ts';
import type { IdentitySurroundings } from './identity-kind.ts';
import { askMachine } from './machine.ts';

/** Long enough for the two questions that follow. */
const SESSION_SECONDS = '60';
const ROLES = '/latest/meta-data/iam/security-credentials/';

/**
 * The credentials of the role that this machine has, from EC2's instance metadata service in its second version: a
 * session first, so that nobody is led to ask it by a mere URL.
 * @returns undefined where there is no such service, or the machine has no role
 * @see https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instancedata-data-retrieval.html
 */
export async function askInstance(around: IdentitySurroundings, signal: AbortSignal) {
  const { env, addresses } = around;
  if (env['AWS_EC2_METADATA_DISABLED']?.toLowerCase() === 'true') return undefined;
  const at = (path: string) => new URL(path, addresses.ec2Metadata);
  const open = { 'x-aws-ec2-metadata-token-ttl-seconds': SESSION_SECONDS };
  const session = await textOf({ method: 'PUT', url: at('/latest/api/token'), headers: open }, around, signal);
  if (session === undefined) return undefined;
  const headers = { 'x-aws-ec2-metadata-token': session };
  const role = await textOf({ method: 'GET', url: at(ROLES), headers }, around, signal);
  if (role === undefined) return undefined;
  const step = { name: 'EC2 instance metadata', fix: 'see that the role of the instance profile exists' };
  const url = at(`${ROLES}${encodeURIComponent(role)}`);
  return { step, answer: await askJson(step, { method: 'GET', url, headers }, around, signal) };
}

/** The first line of an answer; undefined when there is none that can stand in a header. */
async function textOf(
  request: IdentityRequest,
  around: IdentitySurroundings,
  signal: AbortSignal,
): Promise<string | undefined> {
  const answer = await askMachine(request, around, signal);
  if (answer?.status !== 200) return undefined;
  return /^[\x21-\x7e]{1,4096}$/m.exec(Buffer.from(answer.body).toString())?.[0];
}
