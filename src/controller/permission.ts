import { permitsRepository } from '../core/applications/app-project.ts';
import { shownRepoURL } from '../core/redact.ts';
import type { EditProblem } from '../core/target.ts';
import type { TrackedImage } from '../core/tracked-image.ts';
import type { Applications } from '../ports/application-source.ts';

export type KnownProjects = Pick<Applications, 'projects' | 'hasAllProjects'>;

/**
 * Why an image's repositories must not be read or written on behalf of its Application. Argo CD would not deploy an
 * Application whose sources its project does not allow; whoever can make one must not move others' repositories by it.
 */
export function permissionProblem(
  { application: { project, sources }, writeBack }: TrackedImage,
  { projects = [], hasAllProjects = false }: KnownProjects,
): EditProblem | undefined {
  const known = projects.filter(({ name }) => name === project);
  if (known.length === 0) return hasAllProjects ? missing(project) : undefined;
  const own = sources.filter(({ chart }) => chart === undefined).map(({ repoURL }) => repoURL);
  const used = writeBack.repoURL === undefined ? own : [writeBack.repoURL, ...own];
  const refused = used.find((repoURL) => !known.every((one) => permitsRepository(one, repoURL)));
  return refused === undefined ? undefined : notPermitted(project, refused);
}

function missing(project: string): EditProblem {
  return {
    code: 'REPOSITORY_NOT_PERMITTED',
    message: `there is no AppProject ${project}, so that no repository is allowed`,
    fix: `create the AppProject ${project}, or correct spec.project`,
  };
}

function notPermitted(project: string, repoURL: string): EditProblem {
  return {
    code: 'REPOSITORY_NOT_PERMITTED',
    message: `the AppProject ${project} does not allow ${shownRepoURL(repoURL)}`,
    fix: `let sourceRepos of the AppProject ${project} allow it, without a "!" that denies it, or correct git-repository`,
  };
}
