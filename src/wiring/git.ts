import { resolve } from 'node:path';
import type { CommitSettings, CycleSettings } from '../config/settings/cycle-settings.ts';
import type { Author } from '../core/commits/commit-author.ts';
import type { Problem } from '../core/failure.ts';
import type { ApiCommitOptions } from '../git/git-options.ts';
import { openGit } from '../git/open-git.ts';
import type { Applications } from '../ports/application-source.ts';
import type { Forges } from '../ports/forge.ts';
import type { GitObserver } from '../ports/observers.ts';
import { around } from './around.ts';

/** @param loaded what the last load of the input found: credentials and trust are taken from it */
export function openWiredGit(
  {
    stateDir,
    gitCacheBytes: mostMirrorBytes,
    argocdNamespace,
    gitProtocols: protocols,
    commit: { signing },
  }: CycleSettings,
  author: Author,
  loaded: () => Pick<Applications, 'secrets' | 'configMaps'> = () => ({ secrets: [], configMaps: [] }),
  apiCommits?: ApiCommitOptions,
  observer?: GitObserver,
): ReturnType<typeof openGit> {
  return openGit({
    ...around,
    now: () => new Date(),
    stateDir: resolve(stateDir),
    mostMirrorBytes,
    identity: author,
    signing,
    apiCommits,
    secrets: () => loaded().secrets,
    configMaps: () => loaded().configMaps,
    argocdNamespace,
    protocols,
    env: process.env,
    observer,
  });
}

/** Lets GitHub make the commits of Apps, where the settings say so. */
export function wiredApiCommits(
  { method }: CommitSettings,
  forges: Forges,
  unfit: (problem: Problem) => void,
): ApiCommitOptions | undefined {
  if (method === 'git') return undefined;
  return {
    open: async (repoURL, access, signal) => (await forges.open(repoURL, 'github', access, signal)).commits,
    unfit,
  };
}
