/**
 * Whether two URLs name one repository, whichever way they lead there: git@host:path, ssh://, https://, with or
 * without a user, a port, ".git" or capitals.
 */
export function isSameRepository(one: string, other: string): boolean {
  return identityOf(one) === identityOf(other);
}

/** "host/path" */
export function identityOf(repoURL: string): string {
  const text = repoURL.trim().toLowerCase();
  const url = URL.parse(text.includes('://') ? text : text.replace(/^([^/]+):/, 'ssh://$1/'));
  const path = (url?.pathname ?? text).replace(/^\/+|\/+$/g, '').replace(/\.git$/, '');
  return azureIdentity(`${url?.hostname ?? ''}/${path}`);
}

/** Azure DevOps has other paths over ssh than over HTTPS. */
function azureIdentity(identity: string): string {
  return identity.replace(/^ssh\.(dev\.azure\.com)\/v3\//, '$1/').replace('/_git/', '/');
}
