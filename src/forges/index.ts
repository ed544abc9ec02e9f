import { azureDevops } from './azure-devops.ts';
import { bitbucketCloud } from './bitbucket-cloud.ts';
import { bitbucketServer } from './bitbucket-server.ts';
import type { ForgeType } from './forge-type.ts';
import { gitea } from './gitea.ts';
import { github } from './github.ts';
import { gitlab } from './gitlab.ts';

/** Every kind of forge. A new one is a new file and a line here; the shared suite tests it from then on. */
export const forgeTypes: readonly ForgeType[] = [github, gitlab, gitea, bitbucketCloud, bitbucketServer, azureDevops];
