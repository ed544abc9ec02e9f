/** A repoURL fit for output: no user or password before an HTTP host, no password before an SSH one, no query. */
export function printableRepoURL(repoURL: string): string {
  return repoURL
    .replace(/[?#].*$/s, '')
    .replace(/^([a-z][a-z0-9+.-]*:\/\/)([^/]*)@/i, (_, scheme: string, user: string) =>
      /ssh/i.test(scheme) ? `${scheme}${user.replace(/:.*$/s, '')}@` : scheme,
    );
}
