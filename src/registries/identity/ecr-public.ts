import { awsCredentials } from './aws-credentials.ts';
import { ecr } from './ecr.ts';
import { ecrToken } from './ecr-token.ts';
import type { IdentityKind } from './identity-kind.ts';

/** The only region that gives out tokens for it. */
const REGION = 'us-east-1';

/** Amazon ECR Public, whose limits are higher for those who show who they are. */
export const ecrPublic: IdentityKind = {
  ...ecr,
  from: 'AWS identity of this process for ECR Public',
  serves: (hostname) => hostname === 'public.ecr.aws',
  async ask(endpoint, around, signal) {
    const credentials = await awsCredentials(REGION, endpoint, around, signal);
    if (credentials === undefined) return undefined;
    const step = {
      name: 'Amazon ECR Public, GetAuthorizationToken',
      fix: 'allow ecr-public:GetAuthorizationToken and sts:GetServiceBearerToken, or write kind: distribution',
    };
    const target = 'SpencerFrontendService.GetAuthorizationToken';
    const url = around.addresses.ecrPublic;
    return ecrToken(credentials, { step, url, region: REGION, service: 'ecr-public', target }, around, signal);
  },
};
