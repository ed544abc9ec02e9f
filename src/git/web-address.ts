import type { Remote } from './remote-url.ts';

/** Hosts that speak ssh under a name of its own. */
const WEB_HOSTS: ReadonlyMap<string, string> = new Map([
  ['ssh.github.com', 'github.com'],
  ['altssh.gitlab.com', 'gitlab.com'],
  ['altssh.bitbucket.org', 'bitbucket.org'],
]);

/** Where the repository of an ssh remote is over HTTPS: at the same path, but for Azure DevOps. */
export function webAddress({ hostname, path }: Pick<Remote, 'hostname' | 'path'>): string {
  const isAzure = hostname === 'ssh.dev.azure.com' || hostname === 'vs-ssh.visualstudio.com';
  const [, organisation, project, repository] = (isAzure && /^v3\/([^/]+)\/([^/]+)\/([^/]+)$/.exec(path)) || [];
  if (organisation !== undefined) return `https://dev.azure.com/${organisation}/${project}/_git/${repository}`;
  return `https://${WEB_HOSTS.get(hostname) ?? hostname}/${path}`;
}
