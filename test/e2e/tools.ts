import { accessSync, constants, globSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';

const cache = join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'tiphys-e2e');

/** Where programs that npm and Debian do not put on the PATH are kept between runs. */
export const toolFolder = join(cache, 'bin');

/** Gitea's templates and texts, which are not part of the program. */
export const giteaStatic = process.env['GITEA_STATIC'] ?? join(cache, 'gitea-static');

/** The kinds of Argo CD, as it installs them. */
export const argocdCrds = process.env['ARGOCD_CRDS'] ?? join(cache, 'argocd-crds');

/** The real programs that judge us; each can be named by the variable of its name in capitals. */
export const TOOLS = [
  'kustomize',
  'kubectl',
  'helm',
  'docker-registry',
  'registry',
  'gitea',
  'skopeo',
  'sshd',
  'gpg',
  'promtool',
  'initdb',
  'etcd',
  'kube-apiserver',
  'kube-controller-manager',
  'kwok',
  'redis-server',
  'argocd',
  'gitlab-ci-local',
  'rsync',
  'git-2.30',
] as const;
export type Tool = (typeof TOOLS)[number];

/** Beside those of the PATH: servers lie where only root's PATH leads, and Debian keeps PostgreSQL's off every PATH. */
const FOLDERS = [toolFolder, '/usr/sbin', ...globSync('/usr/lib/postgresql/*/bin')];

/** The program's path: by its variable, on the PATH, or in the cache. Undefined when it is nowhere. */
export function findTool(tool: Tool): string | undefined {
  const named = process.env[tool.toUpperCase().replaceAll('-', '_')];
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), ...FOLDERS];
  return [...(named ? [named] : []), ...folders.map((folder) => join(folder, tool))].find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** For a skipped test's name: what is missing, and the remedy. */
export function missing(tool: Tool): string {
  return `SKIPPED: ${tool} not found; run \`npm run test:e2e\` or put it on PATH`;
}

/** The same for several programs; "" when all are there. */
export function lacking(...tools: readonly Tool[]): string {
  const absent = tools.filter((tool) => findTool(tool) === undefined);
  return absent.map(missing).join('; ');
}
