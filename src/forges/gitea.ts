import { basicOrBearer, type ForgeType } from './forge-type.ts';
import { GiteaApi } from './gitea/api.ts';
import { GiteaBranches } from './gitea/branches.ts';
import { GiteaMerging } from './gitea/merging.ts';
import { giteaRequests } from './gitea/pull-requests.ts';
import { pullRequestsOf } from './pull-requests.ts';

/** Gitea 1.20 and newer, Forgejo 7 and newer: one API. https://docs.gitea.com/api/ */
export const gitea: ForgeType = {
  kind: 'gitea',
  recognises: (hostname) => ['gitea.com', 'codeberg.org'].includes(hostname),
  places({ origin, path }) {
    // Its repositories have two parts, so whatever comes before is the folder that it is installed below.
    const base = path.slice(0, -2).map((part) => `/${encodeURIComponent(part)}`);
    return path.length < 2 ? [] : [{ api: `${origin}${base.join('')}/api/v1`, path: path.slice(-2) }];
  },
  probe: {
    path: '/version',
    fits({ status, body }) {
      const text = Buffer.from(body).toString();
      // Where REQUIRE_SIGNIN_VIEW is on, even the version is for members.
      return status === 200 ? /^\s*\{\s*"version"\s*:/.test(text) : status === 403 && /signed.?in/i.test(text);
    },
  },
  authorization: basicOrBearer,
  open(place, client) {
    const api = new GiteaApi(place, client);
    return {
      kind: 'gitea',
      pullRequests: pullRequestsOf(api, giteaRequests(api)),
      merging: new GiteaMerging(api),
      branches: new GiteaBranches(api),
      mostBody: 65_000,
    };
  },
};
