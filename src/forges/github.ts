import type { ForgeType } from './forge-type.ts';
import { bearer, secretOf } from './forge-type.ts';
import { GithubApi } from './github/api.ts';
import { GithubBranches } from './github/branches.ts';
import { GithubCommits } from './github/commits.ts';
import { GithubMerging } from './github/merging.ts';
import { githubRequests } from './github/pull-requests.ts';
import { pullRequestsOf } from './pull-requests.ts';

/** GitHub, and GitHub Enterprise Server 3.10 and newer. https://docs.github.com/en/rest */
export const github: ForgeType = {
  kind: 'github',
  recognises: (hostname) => ['github.com', 'www.github.com', 'ssh.github.com'].includes(hostname),
  places({ origin, hostname, path }) {
    if (path.length !== 2) return [];
    return [{ api: github.recognises(hostname) ? 'https://api.github.com' : `${origin}/api/v3`, path }];
  },
  probe: { path: '/meta', fits: ({ headers }) => headers['x-github-enterprise-version'] !== undefined },
  authorization: bearer,
  open(place, client, authorization) {
    const api = new GithubApi(place, client);
    // What an App may do is not told as the rights of a user are.
    const isApp = authorization.kind === 'github-app' || secretOf(authorization).startsWith('ghs_');
    return {
      kind: 'github',
      pullRequests: pullRequestsOf(api, githubRequests(api)),
      merging: new GithubMerging(api),
      branches: new GithubBranches(api, isApp),
      commits: new GithubCommits(api),
      mostBody: 65_536,
    };
  },
};
