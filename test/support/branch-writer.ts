// One of many writers of one branch, a process of its own: fork(branch-writer.ts, [NAME, REPO_URL, STATE_DIR, CHANGES]).
// Adds lines to a file that all share, each line with a push of its own, and tells its parent what that took.
import { setTimeout as sleep } from 'node:timers/promises';
import { Failure } from '../../src/core/failure.ts';
import { openGit } from '../../src/git/open-git.ts';
import type { Tree } from '../../src/ports/git.ts';
import { LAB_ENV } from './git-lab.ts';

/** What one writer tells when it is done. */
export interface WriterTold {
  /** Of every change that landed: how many pushes it took. */
  readonly attempts: readonly number[];
  /** How often a change had to be left to a next cycle. */
  readonly conflicts: number;
}

const [name = '', repoURL = '', stateDir = '', changes = '0'] = process.argv.slice(2);

await using git = openGit({
  stateDir,
  identity: { name, email: `${name}@example.com` },
  signing: undefined,
  secrets: () => [],
  configMaps: () => [],
  argocdNamespace: 'argocd',
  protocols: ['http'],
  env: LAB_ENV,
  now: () => new Date(),
  random: Math.random,
  sleep: (ms, signal) => sleep(ms, undefined, { signal }),
});

const attempts: number[] = [];
let conflicts = 0;
for (let change = 0; change < Number(changes); ) {
  const line = `${name} ${change}\n`;
  const compose = async (tree: Tree) => {
    const before = Buffer.from((await tree.read('shared.txt')) ?? []).toString();
    return [{ message: line, files: new Map([['shared.txt', Buffer.from(before + line)]]) }];
  };
  try {
    const ref = { repoURL, branch: 'main', project: 'default' };
    const pushed = await git.push(ref, compose, new AbortController().signal);
    if (pushed.kind === 'pushed') attempts.push(pushed.attempts);
    change += 1;
  } catch (error) {
    if (!(error instanceof Failure) || error.code !== 'GIT_CONFLICT') throw error;
    conflicts += 1;
  }
}
const told: WriterTold = { attempts, conflicts };
process.send?.(told);
