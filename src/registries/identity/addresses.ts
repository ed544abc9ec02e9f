import type { CloudAddresses } from './identity-kind.ts';

/** Where the clouds really are. */
export const CLOUD_ADDRESSES: CloudAddresses = {
  sts: (region) => `https://sts.${region}.amazonaws.com${region.startsWith('cn-') ? '.cn' : ''}/`,
  ecr: ({ region, fips, domain }) =>
    domain === 'on.aws' ? `https://ecr${fips ? '-fips' : ''}.${region}.api.aws/` : ecrApi(region, fips, domain),
  ecrPublic: 'https://api.ecr-public.us-east-1.amazonaws.com/',
  ec2Metadata: 'http://169.254.169.254',
  azureMetadata: 'http://169.254.169.254',
  gceMetadata: 'http://metadata.google.internal',
  googleToken: 'https://oauth2.googleapis.com/token',
  googleSts: 'https://sts.googleapis.com/v1/token',
  googleIamCredentials: 'https://iamcredentials.googleapis.com',
  azureAuthority: 'https://login.microsoftonline.com/',
};

/** @see https://docs.aws.amazon.com/general/latest/gr/ecr.html */
function ecrApi(region: string, fips: boolean, domain: string): string {
  return `https://${fips ? 'ecr-fips' : 'api.ecr'}.${region}.${domain}/`;
}
