import { readFile } from 'node:fs/promises';
import { parsed, unparsable } from '../../../core/parsed.ts';
import { invalidStep } from '../ask.ts';
import { azureDevopsToken } from '../azure-devops.ts';
import type { CredentialKind } from '../credential.ts';
import { isTrue } from '../secret-fields.ts';

const ASSERTION = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';
const AZURE_DEVOPS = /^(?:dev\.azure\.com|[a-z0-9-]+\.visualstudio\.com)$/;

/** The identity that Azure gives this workload. Lent to Azure DevOps only, and only by Secrets of Argo CD's own. */
export const azureWorkloadIdentity: CredentialKind = {
  id: 'azure-workload-identity',
  keys: ['useAzureWorkloadIdentity'],
  opens: 'http',
  read({ data, source, isArgocds }, { hostname, protocol }) {
    if (!isTrue(data, 'useAzureWorkloadIdentity')) return undefined;
    if (!isArgocds) return unparsable('useAzureWorkloadIdentity counts only in a repository Secret of Argo CD');
    if (protocol !== 'https' || !AZURE_DEVOPS.test(hostname)) {
      return unparsable(`useAzureWorkloadIdentity is for Azure DevOps, which ${hostname} is not`);
    }
    const step = {
      name: `Microsoft Entra ID, token for the workload identity of ${source}`,
      fix: 'label the pod azure.workload.identity/use, and let the federated credential name its service account',
    };
    return parsed({
      kind: 'token',
      source,
      id: 'azure-workload-identity',
      issue: async (around) => {
        const {
          AZURE_CLIENT_ID: client,
          AZURE_TENANT_ID: tenant,
          AZURE_FEDERATED_TOKEN_FILE: file,
          AZURE_AUTHORITY_HOST: authority,
        } = around.env;
        if (!client || !tenant || !file) {
          throw invalidStep(
            step,
            'this process has none (AZURE_CLIENT_ID, AZURE_TENANT_ID, AZURE_FEDERATED_TOKEN_FILE)',
          );
        }
        const assertion = await readFile(file, 'utf8').catch(() => {
          throw invalidStep(step, 'the file that AZURE_FEDERATED_TOKEN_FILE names cannot be read');
        });
        const proof = { client_assertion_type: ASSERTION, client_assertion: assertion.trim() };
        const entra = { authority: authority || undefined, tenant, client, proof };
        return await azureDevopsToken(step, source, entra, around);
      },
    });
  },
};
