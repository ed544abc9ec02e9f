import type { KeyValueObject } from '../objects/key-value-object.ts';
import { normalizeRepoURL } from '../repo-url.ts';
import { parseArgocdGlob } from './argocd-glob.ts';

/** Argo CD's AppProject, as far as it says from where its Applications may come. */
export interface AppProject {
  readonly name: string;
  /** Globs over repoURLs; "!" before one denies. */
  readonly sourceRepos: readonly string[];
}

/**
 * Whether Applications of a project may use a repository: some entry must allow it and none deny it. Argo CD's code
 * takes a deny that does not match for an allowance; this is what its documentation says. An entry that is no glob
 * allows nothing, and denies everything.
 * @see Argo CD, "Projects"; reference argocd, 1.10
 */
export function permitsRepository({ sourceRepos }: AppProject, repoURL: string): boolean {
  const url = normalizeRepoURL(repoURL);
  const denies = sourceRepos.filter((entry) => entry.startsWith('!')).map((entry) => entry.slice(1));
  const allows = sourceRepos.filter((entry) => !entry.startsWith('!'));
  return allows.some((entry) => matches(entry, url, false)) && !denies.some((entry) => matches(entry, url, true));
}

function matches(entry: string, url: string, otherwise: boolean): boolean {
  if (entry === '*') return true;
  const glob = parseArgocdGlob(normalizeRepoURL(entry), '/');
  return glob.ok ? glob.value(url) : otherwise;
}

/** The same projects, allowed besides what Argo CD's repository Secrets scope to them. */
export function withScopedRepositories(
  projects: readonly AppProject[],
  secrets: readonly KeyValueObject[],
  argocdNamespace: string,
): readonly AppProject[] {
  const scoped = secrets.filter(
    ({ namespace, labels }) =>
      namespace === argocdNamespace && /^repository(?:-write)?$/.test(labels['argocd.argoproj.io/secret-type'] ?? ''),
  );
  return projects.map(({ name, sourceRepos }) => {
    const own = scoped.flatMap(({ data }) => (data['project'] === name && data['url'] ? [data['url']] : []));
    return { name, sourceRepos: [...sourceRepos, ...own] };
  });
}
