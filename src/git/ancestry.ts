import type { GitAncestry } from '../ports/git.ts';
import { bringUpToDate, REACHES } from './git-log.ts';
import { isShallow, reached } from './ownership.ts';
import type { Repositories } from './repositories.ts';
import { withMirror } from './repository.ts';

/** Answers from the mirrors that histories are read from. */
export function openAncestry(repositories: Repositories): GitAncestry {
  return {
    async contains({ writeBranch: _, ...branch }, revision, commit, signal) {
      const mirror = await repositories.commits(branch, 'log', signal);
      const { gitDir, name, head } = await withMirror(mirror, signal, (dir) => bringUpToDate(mirror, dir, signal));
      for (const reach of [...REACHES, undefined]) {
        const history = await mirror.local.history(gitDir, [head], signal);
        const found = history.has(revision) ? reached(history, revision) : new Set<string>();
        if ([...found].some((one) => one.startsWith(commit))) return true;
        const isCut = found.size === 0 || [...found].some((one) => history.get(one)?.length === 0);
        if (reach === undefined || !isCut || !(await isShallow(gitDir))) return false;
        await withMirror(mirror, signal, (dir) => mirror.remote.fetchCommits(dir, [name], reach, signal));
      }
      return false;
    },
  };
}
