import { mappingAt, textAt, type Untyped } from '../../core/untyped.ts';

/** Host and port of a URL, or of an address that has no scheme; undefined when there is none. */
export function hostOf(address: string | undefined): string | undefined {
  if (address === undefined || address === '') return undefined;
  const url = /^[a-z][a-z0-9+.-]*:\/\//i.test(address) ? address : `https://${address}`;
  return URL.canParse(url) ? new URL(url).host : undefined;
}

/** The repository's path, as Docker Hub's payload and those that copied it have it; "" when it has none. */
export function repositoryOf(body: Untyped, fullName: 'repo_name' | 'repo_full_name'): string {
  const repository = mappingAt(body, 'repository');
  return filled(repository, fullName) ?? namespacedName(repository) ?? '';
}

/** "namespace/name", or the name alone. */
function namespacedName(owner: Untyped): string | undefined {
  const name = filled(owner, 'name');
  const namespace = filled(owner, 'namespace');
  return name === undefined || namespace === undefined ? name : `${namespace}/${name}`;
}

/** The text under `key`, unless it is missing or empty. */
export function filled(owner: Untyped, key: string): string | undefined {
  return textAt(owner, key) || undefined;
}

/** The same, of the first of several keys. */
export function firstFilled(owner: Untyped, ...keys: readonly string[]): string | undefined {
  return keys.map((key) => filled(owner, key)).find((text) => text !== undefined);
}
