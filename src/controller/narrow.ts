import { inScope, isWatched, type Scope } from '../core/applications/scope.ts';
import type { Problem } from '../core/failure.ts';
import type { Applications } from '../ports/application-source.ts';

/**
 * What is left of the input within the scope. Secrets stay: Argo CD's own serve every Application. So does what could
 * not be read, because nobody can tell where it belongs.
 */
export function narrow(loaded: Applications, scope: Scope): Applications {
  const applications = loaded.applications.filter((application) => inScope(application, scope));
  const imageUpdaters = loaded.imageUpdaters.filter((updater) => isWatched(updater, scope));
  const isEmptied = applications.length === 0 && loaded.applications.length > 0;
  return {
    ...loaded,
    applications,
    imageUpdaters,
    hasOtherUpdaters: loaded.hasOtherUpdaters === true || imageUpdaters.length < loaded.imageUpdaters.length,
    failures: isEmptied ? [...loaded.failures, nothingLeft(loaded.applications.length)] : loaded.failures,
  };
}

/** As an input without Applications: nothing would ever be done, which a slip in a glob must not hide. */
function nothingLeft(count: number): Problem {
  const all = count === 1 ? 'the only Application' : `all ${count} Applications`;
  return {
    code: 'NO_APPLICATIONS',
    object: 'settings',
    message: `namespaces, names or labels that were asked for leave out ${all}`,
    fix: 'correct --watch-namespaces, --application-namespace, --match-application-name or --match-application-label',
  };
}
