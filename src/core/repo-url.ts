/** The text by which Argo CD compares repository URLs (reference argocd, 3.3). */
export function normalizeRepoURL(url: string): string {
  const text = url.trim().toLowerCase();
  const isUrl = text.includes('://');
  const path = isUrl || !/^[^/][^/@]*@[^/]+:/.test(text) ? text : text.replace(':', '/');
  return path.replace(/\.git$/, '').replace(/^ssh:\/\//, '');
}

/** Whether an address without a scheme has a password where there can be none: "joe:secret@host:shop.git". */
export function hasStrayPassword(address: string): boolean {
  return /^(?![^:]*:\/\/)[^/@:]*:(?:\/*[^/@]*@|[^@]*@.*:)/s.test(address);
}
