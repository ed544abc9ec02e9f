import type { ForgeUnderTest } from '../forge-stage.ts';
import { azureDevopsDouble } from './azure-devops-double.ts';
import { bitbucketCloudDouble } from './bitbucket-cloud-double.ts';
import { bitbucketServerDouble } from './bitbucket-server-double.ts';
import { giteaDouble } from './gitea-double.ts';
import { githubDouble } from './github-double.ts';
import { gitlabDouble } from './gitlab-double.ts';

/** A contract double for every kind of forge. A new one is a new file and a line here. */
export const forgeDoubles: readonly ForgeUnderTest[] = [
  githubDouble,
  gitlabDouble,
  giteaDouble,
  bitbucketCloudDouble,
  bitbucketServerDouble,
  azureDevopsDouble,
];
