import type { Endpoint } from '../../core/registry-endpoint.ts';
import type { Untyped } from '../../core/untyped.ts';
import { invalid } from '../credentials/invalid.ts';
import { ask, askJson, formRequest, type IdentityRequest, type Step, textOf } from './ask.ts';
import { askInstance } from './aws-instance.ts';
import type { IdentitySurroundings } from './identity-kind.ts';
import { readIdentityFile } from './read-file.ts';
import { type AwsCredentials, signedHeaders } from './sigv4.ts';

/** Where AWS gives out credentials to what runs in it: ECS, EKS pod identity. Plain HTTP is good for no other host. */
const LINK_HOSTS = ['169.254.170.2', '169.254.170.23', '[fd00:ec2::23]'];
const LOOPBACK = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/;
const SESSION_NAME = 'tiphys';

/**
 * The AWS credentials of this process, from the first place that has some: keys in the environment, a web identity
 * (IRSA), the container's endpoint (EKS pod identity, ECS); where `kind` asks for them, those of the machine, which are
 * everybody's on it; then the role that they are to take on.
 * @param region  whose STS is asked
 * @returns undefined when there are none
 * @throws {Failure} CREDENTIALS_INVALID
 */
export async function awsCredentials(
  region: string,
  { roleArn, kind }: Pick<Endpoint, 'roleArn' | 'kind'>,
  around: IdentitySurroundings,
  signal: AbortSignal,
): Promise<AwsCredentials | undefined> {
  const ofProcess = await ownCredentials(region, around, signal);
  const own = ofProcess ?? (kind === 'ecr' ? await instanceCredentials(around, signal) : undefined);
  if (own === undefined || roleArn === undefined) return own;
  return assumeRole(own, region, roleArn, around, signal);
}

async function ownCredentials(
  region: string,
  around: IdentitySurroundings,
  signal: AbortSignal,
): Promise<AwsCredentials | undefined> {
  const { env } = around;
  const [accessKeyId, secretAccessKey] = [env['AWS_ACCESS_KEY_ID'], env['AWS_SECRET_ACCESS_KEY']];
  if (accessKeyId && secretAccessKey) {
    const sessionToken = env['AWS_SESSION_TOKEN'];
    return { accessKeyId, secretAccessKey, ...(sessionToken ? { sessionToken } : {}) };
  }
  const [tokenFile, roleArn] = [env['AWS_WEB_IDENTITY_TOKEN_FILE'], env['AWS_ROLE_ARN']];
  if (tokenFile && roleArn) return webIdentity(tokenFile, roleArn, region, around, signal);
  const url = containerUrl(env);
  return url && containerCredentials(url, around, signal);
}

/** IAM roles for service accounts: the cluster's token for a role's credentials. The request is not signed. */
async function webIdentity(
  tokenFile: string,
  roleArn: string,
  region: string,
  around: IdentitySurroundings,
  signal: AbortSignal,
): Promise<AwsCredentials> {
  const token = await readIdentityFile(tokenFile, 'AWS_WEB_IDENTITY_TOKEN_FILE');
  const step = {
    name: 'AWS STS, AssumeRoleWithWebIdentity',
    fix: `let the trust policy of ${roleArn} name the cluster's OIDC provider and this service account`,
  };
  const request = formRequest(around.addresses.sts(region), {
    Action: 'AssumeRoleWithWebIdentity',
    Version: '2011-06-15',
    RoleArn: roleArn,
    RoleSessionName: around.env['AWS_ROLE_SESSION_NAME'] || SESSION_NAME,
    WebIdentityToken: token,
  });
  return askSts(step, request, around, signal);
}

async function assumeRole(
  own: AwsCredentials,
  region: string,
  roleArn: string,
  around: IdentitySurroundings,
  signal: AbortSignal,
): Promise<AwsCredentials> {
  const step = {
    name: 'AWS STS, AssumeRole',
    fix: `allow sts:AssumeRole on ${roleArn}, here and in the trust policy of that role`,
  };
  const form = { Action: 'AssumeRole', Version: '2011-06-15', RoleArn: roleArn, RoleSessionName: SESSION_NAME };
  const request = formRequest(around.addresses.sts(region), form);
  const headers = signedHeaders(own, { ...request, region, service: 'sts', nowMs: around.now() });
  return askSts(step, { ...request, headers }, around, signal);
}

/** The query protocol answers in XML; the values that matter have no entities in them. */
async function askSts(
  step: Step,
  request: IdentityRequest,
  around: IdentitySurroundings,
  signal: AbortSignal,
): Promise<AwsCredentials> {
  const answer = await ask(step, request, around, signal);
  const text = Buffer.from(answer.body).toString();
  const element = (name: string) => new RegExp(`<${name}>([^<&]{1,8192})</${name}>`).exec(text)?.[1];
  return readCredentials(element, 'SessionToken', step);
}

/**
 * What the environment says of the container's endpoint.
 * @see https://docs.aws.amazon.com/sdkref/latest/guide/feature-container-credentials.html
 */
function containerUrl(env: IdentitySurroundings['env']): URL | undefined {
  const relative = env['AWS_CONTAINER_CREDENTIALS_RELATIVE_URI'];
  const variable = relative ? 'AWS_CONTAINER_CREDENTIALS_RELATIVE_URI' : 'AWS_CONTAINER_CREDENTIALS_FULL_URI';
  const text = relative ? `http://${LINK_HOSTS[0]}${relative}` : env[variable];
  if (!text) return undefined;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const isLink = url !== undefined && (LINK_HOSTS.includes(url.hostname) || LOOPBACK.test(url.hostname));
  if (url?.protocol === 'https:' || (url?.protocol === 'http:' && isLink)) return url;
  throw invalid(
    `variable ${variable}`,
    'its host is none that gives out credentials over plain HTTP',
    'write https://, or the address that AWS sets by itself',
  );
}

async function containerCredentials(
  url: URL,
  around: IdentitySurroundings,
  signal: AbortSignal,
): Promise<AwsCredentials> {
  const { env } = around;
  const file = env['AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE'];
  const token = file
    ? await readIdentityFile(file, 'AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE')
    : env['AWS_CONTAINER_AUTHORIZATION_TOKEN'];
  const step = {
    name: 'AWS container credentials',
    fix: 'see that the pod identity association exists and its agent runs on this node',
  };
  const headers = { accept: 'application/json', ...(token ? { authorization: token } : {}) };
  return readJsonCredentials(await askJson(step, { method: 'GET', url, headers }, around, signal), step);
}

async function instanceCredentials(
  around: IdentitySurroundings,
  signal: AbortSignal,
): Promise<AwsCredentials | undefined> {
  const given = await askInstance(around, signal);
  return given && readJsonCredentials(given.answer, given.step);
}

function readJsonCredentials(answer: Untyped, step: Step): AwsCredentials {
  const text = (name: string) => (name in answer ? textOf(answer, name, step) : undefined);
  return readCredentials(text, 'Token', step);
}

function readCredentials(read: (name: string) => string | undefined, tokenName: string, step: Step): AwsCredentials {
  const [accessKeyId, secretAccessKey] = [read('AccessKeyId'), read('SecretAccessKey')];
  if (accessKeyId === undefined || secretAccessKey === undefined) {
    throw invalid(step.name, 'the answer holds no credentials', step.fix);
  }
  const sessionToken = read(tokenName);
  const expiresMs = Date.parse(read('Expiration') ?? '');
  return {
    accessKeyId,
    secretAccessKey,
    ...(sessionToken === undefined ? {} : { sessionToken }),
    ...(Number.isNaN(expiresMs) ? {} : { expiresMs }),
  };
}
