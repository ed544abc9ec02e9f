import type { GoGlob } from '../deciding/go-glob.ts';
import type { Application } from './application.ts';
import { type LabelRequirement, meetsRequirement } from './label-selector.ts';

/** What is looked at; everything else is left alone, as if it had not been given. */
export interface Scope {
  /** Namespaces of ImageUpdaters and Applications. */
  readonly watchedNamespaces: '*' | readonly string[];
  /** The one namespace of Applications; undefined for all that are watched. */
  readonly applicationNamespace: string | undefined;
  /** An Application's name must fit one of them; undefined for any name. */
  readonly names: readonly GoGlob[] | undefined;
  /** An Application's labels must meet all of them. */
  readonly labels: readonly LabelRequirement[];
}

export function isWatched({ namespace }: { readonly namespace: string }, { watchedNamespaces }: Scope): boolean {
  return watchedNamespaces === '*' || watchedNamespaces.includes(namespace);
}

/** Everything that the scope says must hold. */
export function inScope(application: Pick<Application, 'namespace' | 'name' | 'labels'>, scope: Scope): boolean {
  const { namespace, name, labels } = application;
  return (
    isWatched(application, scope) &&
    (scope.applicationNamespace ?? namespace) === namespace &&
    (scope.names?.some((glob) => glob.matches(name)) ?? true) &&
    scope.labels.every((requirement) => meetsRequirement(labels, requirement))
  );
}
