import type { Place } from '../forge-type.ts';
import type { HostedRepository } from '../hosted-repository.ts';

const SERVICE = 'https://dev.azure.com';

export function isAzureHost(hostname: string): boolean {
  return ['dev.azure.com', 'ssh.dev.azure.com'].includes(hostname) || hostname.endsWith('.visualstudio.com');
}

/**
 * Where a repository of Azure DevOps lies: `api` is the organization or the server's collection, `path` the project and
 * the repository.
 *
 *     https://dev.azure.com/acme/shop/_git/deploy             git@ssh.dev.azure.com:v3/acme/shop/deploy
 *     https://acme.visualstudio.com/shop/_git/deploy          acme@vs-ssh.visualstudio.com:v3/acme/shop/deploy
 *     https://tfs.example.com/tfs/DefaultCollection/shop/_git/deploy
 *
 * The project may be left out where the repository has its name.
 */
export function azurePlaces({ origin, hostname, path }: HostedRepository): readonly Place[] {
  if (path[0] === 'v3' && path.length === 4 && isAzureHost(hostname)) {
    const [, organization = '', project = '', repository = ''] = path;
    return [place(SERVICE, [organization], project, repository)];
  }
  const at = path.findIndex((part) => part === '_git' || part === '_ssh');
  const repository = path.at(-1);
  if (at < 0 || at === path.length - 1 || repository === undefined) return [];
  const before = path.slice(0, at);
  const folders = leastFolders(hostname, before);
  if (before.length < folders) return [];
  // One more than there must be is the project. Nothing but the number of parts tells it from a collection.
  const project = before.length > folders ? before.at(-1) : repository;
  return [place(origin, before.length > folders ? before.slice(0, -1) : before, project ?? repository, repository)];
}

/** How many parts come before the project: the organization, which may be the host, or the collection and its folders. */
function leastFolders(hostname: string, before: readonly string[]): number {
  if (hostname.endsWith('.visualstudio.com')) return before[0] === 'DefaultCollection' ? 1 : 0;
  if (isAzureHost(hostname)) return 1;
  return before[0] === 'tfs' ? 2 : Math.max(1, before.length - 1);
}

function place(origin: string, folders: readonly string[], project: string, repository: string): Place {
  return { api: [origin, ...folders.map(encodeURIComponent)].join('/'), path: [project, repository] };
}

/** Who is who is told by another host of the service, and by a server itself. */
export function identitiesAt(api: string): string {
  const { hostname, pathname } = new URL(api);
  if (hostname === 'dev.azure.com') return `https://vssps.dev.azure.com${pathname}`;
  const [organization] = hostname.split('.');
  return hostname.endsWith('.visualstudio.com') ? `https://vssps.dev.azure.com/${organization}` : api;
}
