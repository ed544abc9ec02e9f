import { invalid } from '../credentials/invalid.ts';
import { awsCredentials } from './aws-credentials.ts';
import { ecrToken } from './ecr-token.ts';
import type { EcrRegistry, IdentityKind } from './identity-kind.ts';

const HOST = /^(\d{12})\.dkr[.-]ecr(-fips)?\.([a-z0-9][a-z0-9-]*)\.(amazonaws\.(?:com(?:\.cn)?|eu)|on\.aws)$/;

/** Amazon ECR, private registries. */
export const ecr: IdentityKind = {
  id: 'ecr',
  from: 'AWS identity of this process',
  fix: 'give it a role (IRSA, EKS pod identity), or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY',
  serves: (hostname) => HOST.test(hostname),
  async ask(endpoint, around, signal) {
    const { apiUrl, name } = endpoint;
    const registry = readHost(new URL(apiUrl).hostname) ?? fromEnvironment(around.env);
    if (registry === undefined) {
      throw invalid(`${name}, kind: ecr`, 'its host names no region', 'set AWS_REGION to the region of the registry');
    }
    const { region } = registry;
    const credentials = await awsCredentials(region, endpoint, around, signal);
    if (credentials === undefined) return undefined;
    const step = {
      name: `Amazon ECR in ${region}, GetAuthorizationToken`,
      fix: 'allow ecr:GetAuthorizationToken, ecr:BatchGetImage, ecr:GetDownloadUrlForLayer and ecr:ListImages',
    };
    const target = 'AmazonEC2ContainerRegistry_V20150921.GetAuthorizationToken';
    const request = { step, url: around.addresses.ecr(registry), region, service: 'ecr', target } as const;
    return ecrToken(credentials, request, around, signal);
  },
};

function readHost(hostname: string): EcrRegistry | undefined {
  const [, account, fips, region, domain] = HOST.exec(hostname) ?? [];
  if (account === undefined || region === undefined || domain === undefined) return undefined;
  return { account, region, fips: fips !== undefined, domain };
}

/** For a registry behind a name of one's own. */
function fromEnvironment(env: Readonly<Record<string, string | undefined>>): EcrRegistry | undefined {
  const region = env['AWS_REGION'] || env['AWS_DEFAULT_REGION'];
  if (region === undefined || !/^[a-z0-9][a-z0-9-]{1,40}$/.test(region)) return undefined;
  return { account: '', region, fips: false, domain: region.startsWith('cn-') ? 'amazonaws.com.cn' : 'amazonaws.com' };
}
