import type { CiEnvironment } from './ci-environment.ts';
import { isSameRepository } from './own-repository.ts';

/** The branch that is written. */
export interface WrittenBranch {
  readonly repoURL: string;
  readonly branch: string;
}

/**
 * What a commit's subject says so that no pipeline is started by it: GitHub, GitLab, Gitea and Bitbucket read
 * "[skip ci]", every version of Azure Pipelines "***NO_CI***", and Jenkins' plug-ins "[ci skip]".
 * @param ci  the CI that would start
 */
export function skipCiWords(ci: Pick<CiEnvironment, 'kind'> | undefined, repoURL: string): string {
  if (ci?.kind === 'jenkins') return '[ci skip]';
  return ci?.kind === 'azure' || isAzure(repoURL) ? '***NO_CI***' : '[skip ci]';
}

/** Whether a pipeline writes to what it is started by, and would start itself again. */
export function startsItself(ci: CiEnvironment | undefined, { repoURL, branch }: WrittenBranch): boolean {
  return ci?.repoURL !== undefined && ci.branch === branch && isSameRepository(ci.repoURL, repoURL);
}

function isAzure(repoURL: string): boolean {
  return /(?:^|[/@.])(?:dev\.azure\.com|visualstudio\.com)[:/]/i.test(repoURL);
}
