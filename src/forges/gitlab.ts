import { bearer, type ForgeType } from './forge-type.ts';
import { GitlabApi } from './gitlab/api.ts';
import { GitlabBranches } from './gitlab/branches.ts';
import { gitlabRequests } from './gitlab/merge-requests.ts';
import { GitlabMerging } from './gitlab/merging.ts';
import { splitPath } from './hosted-repository.ts';
import { pullRequestsOf } from './pull-requests.ts';

/** Folders that an installation may lie below; one is the rule where there is one at all. */
const MOST_PLACES = 3;

/** GitLab 15.6 and newer, every edition. https://docs.gitlab.com/api/ */
export const gitlab: ForgeType = {
  kind: 'gitlab',
  recognises: (hostname) => ['gitlab.com', 'altssh.gitlab.com'].includes(hostname),
  places({ origin, hostname, path }) {
    if (gitlab.recognises(hostname)) return path.length < 2 ? [] : [{ api: 'https://gitlab.com/api/v4', path }];
    // The first part is a group, or the folder that GitLab is installed below: only asking tells.
    const places = splitPath(path, 2).map(([base, rest]) => ({ api: `${origin}${base}/api/v4`, path: rest }));
    return [...places.take(MOST_PLACES)];
  },
  probe: {
    path: '/version',
    fits: ({ status, headers, body }) => {
      const isGitlab = headers['x-gitlab-meta'] !== undefined || Buffer.from(body).includes('401 Unauthorized');
      return [200, 401].includes(status) && isGitlab;
    },
  },
  authorization: bearer,
  open(place, client) {
    const api = new GitlabApi(place, client);
    return {
      kind: 'gitlab',
      pullRequests: pullRequestsOf(api, gitlabRequests(api)),
      merging: new GitlabMerging(api),
      branches: new GitlabBranches(api),
      mostBody: 1_000_000,
    };
  },
};
