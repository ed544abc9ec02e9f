import type { BranchList } from '../ports/git.ts';
import type { Repositories } from './repositories.ts';
import { refOf } from './repository.ts';

// Names go on a command line, which has room for some thousands of them.
const MOST_NAMES = 1_000;

export function openBranchList(repositories: Repositories): BranchList {
  return {
    present: async (branch, names, signal) => {
      const { mirror, remote } = await repositories.commits(branch, 'ownership', signal);
      const gitDir = await mirror.gitDir();
      const present = new Set<string>();
      for (let from = 0; from < names.length; from += MOST_NAMES) {
        const asked = names.slice(from, from + MOST_NAMES);
        const { commits } = await remote.listHeads(gitDir, asked.map(refOf), signal);
        for (const name of asked) if (commits.has(refOf(name))) present.add(name);
      }
      return present;
    },
  };
}
