/** The text by which Argo CD compares repository URLs (reference argocd, 3.3). */
export function normalizeRepoURL(url: string): string {
  const text = url.trim().toLowerCase();
  const isUrl = text.includes('://');
  const path = isUrl || !/^[^/][^/@]*@[^/]+:/.test(text) ? text : text.replace(':', '/');
  return path.replace(/\.git$/, '').replace(/^ssh:\/\//, '');
}
