import { ServerApi } from './bitbucket-server/api.ts';
import { serverMerging } from './bitbucket-server/merging.ts';
import { serverRequests } from './bitbucket-server/pull-requests.ts';
import { readRules } from './bitbucket-server/rules.ts';
import { basicOrBearer, bearer, type ForgeType, type Place } from './forge-type.ts';
import type { HostedRepository } from './hosted-repository.ts';
import { pullRequestsOf } from './pull-requests.ts';

/** Bitbucket Data Center and Server, 7.0 and newer. https://developer.atlassian.com/server/bitbucket/rest/ */
export const bitbucketServer: ForgeType = {
  kind: 'bitbucket-server',
  recognises: () => false,
  places,
  probe: {
    path: '/rest/api/1.0/application-properties',
    fits: ({ status, body }) => status === 200 && /"displayName"\s*:\s*"Bitbucket"/.test(Buffer.from(body).toString()),
  },
  // A token of a project or repository is nobody's: git takes it with a name that stands for that, the API without.
  authorization: (access) =>
    access.kind === 'basic' && access.username === 'x-token-auth' ? bearer(access) : basicOrBearer(access),
  open: (place, client) => {
    const api = new ServerApi(place, client);
    return {
      kind: 'bitbucket-server',
      pullRequests: pullRequestsOf(api, serverRequests(api)),
      merging: serverMerging(api),
      branches: { rules: (branch, signal) => readRules(api, branch, signal) },
      mostBody: 32_000,
    };
  },
};

/** ".../scm/OPS/deploy", where folders before "scm" are what the server is installed below; over SSH, only the rest. */
function places({ origin, path }: HostedRepository): readonly Place[] {
  const [project, slug] = path.slice(-2);
  if (project === undefined || slug === undefined) return [];
  const before = path.slice(0, -2);
  if (before.at(-1) === 'scm') {
    const base = before.slice(0, -1).map((part) => `/${encodeURIComponent(part)}`);
    return [{ api: `${origin}${base.join('')}`, path: [project, slug] }];
  }
  if (before.length > 0) return [];
  return ['', '/bitbucket'].map((base) => ({ api: `${origin}${base}`, path: [project, slug] }));
}
