import type { Problem } from '../../core/failure.ts';
import { type KnownProjects, permissionProblem } from '../permission.ts';
import type { RuledImage } from './overview.ts';
import { problemOf } from './written-image.ts';

/** Images whose repositories the AppProject of their Application does not allow. */
export function forbiddenRepositories(images: readonly RuledImage[], projects: KnownProjects): readonly Problem[] {
  return images.flatMap((image) => {
    const problem = image.tracked && permissionProblem(image.tracked, projects);
    const { repository, target } = image.writeBack;
    const { path, scope } = repository ?? target ?? image.policy.constraint;
    return problem ? [problemOf(image, { ...problem, path, scope })] : [];
  });
}
