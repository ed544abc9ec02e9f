import { AzureApi } from './azure-devops/api.ts';
import { azureMerging } from './azure-devops/merging.ts';
import { azurePlaces, isAzureHost } from './azure-devops/place.ts';
import { azureRequests } from './azure-devops/pull-requests.ts';
import { readRules } from './azure-devops/rules.ts';
import { basicOrBearer, type ForgeType } from './forge-type.ts';
import { pullRequestsOf } from './pull-requests.ts';

/** Azure DevOps Services, and Azure DevOps Server 2022 and newer. https://learn.microsoft.com/rest/api/azure/devops/git/ */
export const azureDevops: ForgeType = {
  kind: 'azure-devops',
  recognises: isAzureHost,
  places: azurePlaces,
  probe: {
    path: '/_apis/connectionData',
    // A server says who it is even where it lets nobody in.
    fits: ({ status, headers }) => status !== 404 && headers['x-tfs-processid'] !== undefined,
  },
  // A personal access token is the password of whatever name, or of none.
  authorization: basicOrBearer,
  open: (place, client) => {
    const api = new AzureApi(place, client);
    return {
      kind: 'azure-devops',
      pullRequests: pullRequestsOf(api, azureRequests(api)),
      merging: azureMerging(api),
      branches: { rules: (branch, signal) => readRules(api, branch, signal) },
      mostBody: 4000,
    };
  },
};
