import { CloudApi } from './bitbucket-cloud/api.ts';
import { cloudMerging } from './bitbucket-cloud/merging.ts';
import { cloudRequests } from './bitbucket-cloud/pull-requests.ts';
import { readRules } from './bitbucket-cloud/rules.ts';
import { basicOrBearer, bearer, type ForgeType } from './forge-type.ts';
import { pullRequestsOf } from './pull-requests.ts';

/** The service at bitbucket.org. https://developer.atlassian.com/cloud/bitbucket/rest/ */
export const bitbucketCloud: ForgeType = {
  kind: 'bitbucket',
  recognises: isBitbucketOrg,
  // Nobody else has this API: what opens another host is not shown to it.
  places: ({ hostname, path }) =>
    isBitbucketOrg(hostname) && path.length === 2 ? [{ api: 'https://api.bitbucket.org/2.0', path }] : [],
  probe: {
    path: '/hook_events',
    fits: ({ status, body }) => status === 200 && Buffer.from(body).includes('"repository"'),
  },
  // A user's API token goes with the e-mail address. Git takes tokens with a name that stands for nobody, too
  // (x-token-auth); the API takes those without a name.
  authorization: (access) =>
    access.kind === 'basic' && access.username.includes('@') ? basicOrBearer(access) : bearer(access),
  open: (place, client) => {
    const api = new CloudApi(place, client);
    return {
      kind: 'bitbucket',
      pullRequests: pullRequestsOf(api, cloudRequests(api)),
      merging: cloudMerging(api),
      branches: { rules: (branch, signal) => readRules(api, branch, signal) },
      mostBody: 32_000,
    };
  },
};

function isBitbucketOrg(hostname: string): boolean {
  return hostname === 'bitbucket.org' || hostname === 'altssh.bitbucket.org';
}
