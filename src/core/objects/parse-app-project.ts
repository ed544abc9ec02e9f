import type { AppProject } from '../applications/app-project.ts';
import { type Parsed, parsed } from '../parsed.ts';
import { asText, listAt, mappingAt, type Untyped } from '../untyped.ts';
import { parseObjectName } from './object-name.ts';

/** An AppProject beside the namespace that it is in: only those in Argo CD's own count. */
export function parseAppProject(
  object: Untyped,
  defaultNamespace: string,
): Parsed<AppProject & { readonly namespace: string }> {
  const named = parseObjectName(object, defaultNamespace);
  if (!named.ok) return named;
  // What is no text could have been meant to deny anything.
  const sourceRepos = listAt(mappingAt(object, 'spec'), 'sourceRepos').map((entry) => asText(entry) ?? '!*');
  return parsed({ ...named.value, sourceRepos });
}
