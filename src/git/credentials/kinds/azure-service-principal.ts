import { parsed, unparsable } from '../../../core/parsed.ts';
import { azureDevopsToken } from '../azure-devops.ts';
import type { CredentialKind } from '../credential.ts';
import { textOf } from '../secret-fields.ts';

/** An application of Microsoft Entra ID with a secret. Argo CD spells its keys in two ways. */
export const azureServicePrincipal: CredentialKind = {
  id: 'azure-service-principal',
  keys: [
    'azureServicePrincipalClientId',
    'azureServicePrincipalClientID',
    'azureServicePrincipalClientSecret',
    'azureServicePrincipalTenantId',
    'azureServicePrincipalTenantID',
  ],
  opens: 'http',
  read({ data, source }) {
    const either = (key: string) => textOf(data, `${key}Id`) ?? textOf(data, `${key}ID`);
    const client = either('azureServicePrincipalClient');
    const tenant = either('azureServicePrincipalTenant');
    const secret = textOf(data, 'azureServicePrincipalClientSecret');
    if (client === undefined && secret === undefined) return undefined;
    if (client === undefined) return unparsable('azureServicePrincipalClientId is missing');
    if (tenant === undefined) return unparsable('azureServicePrincipalTenantId is missing');
    if (secret === undefined) return unparsable('azureServicePrincipalClientSecret is missing');
    const authority = textOf(data, 'azureActiveDirectoryEndpoint');
    const step = {
      name: `Microsoft Entra ID, token for the service principal of ${source}`,
      fix: 'see that the service principal and its secret exist, and that it is a user of the Azure DevOps organisation',
    };
    return parsed({
      kind: 'token',
      source,
      id: JSON.stringify(['azure-service-principal', authority, tenant, client, secret]),
      issue: (around) =>
        azureDevopsToken(step, source, { authority, tenant, client, proof: { client_secret: secret } }, around),
    });
  },
};
