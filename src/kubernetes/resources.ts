/** A kind of object as the API server serves it. */
export interface Resource {
  /** "" for the core. */
  readonly group: string;
  readonly version: string;
  /** "applications" */
  readonly plural: string;
  /** "Application" */
  readonly kind: string;
}

export const APPLICATIONS: Resource = {
  group: 'argoproj.io',
  version: 'v1alpha1',
  plural: 'applications',
  kind: 'Application',
};
export const APP_PROJECTS: Resource = { ...APPLICATIONS, plural: 'appprojects', kind: 'AppProject' };
export const APPLICATION_SETS: Resource = { ...APPLICATIONS, plural: 'applicationsets', kind: 'ApplicationSet' };
export const IMAGE_UPDATERS: Resource = {
  group: 'argocd-image-updater.argoproj.io',
  version: 'v1alpha1',
  plural: 'imageupdaters',
  kind: 'ImageUpdater',
};
export const SECRETS: Resource = { group: '', version: 'v1', plural: 'secrets', kind: 'Secret' };
export const CONFIG_MAPS: Resource = { group: '', version: 'v1', plural: 'configmaps', kind: 'ConfigMap' };
export const EVENTS: Resource = { group: '', version: 'v1', plural: 'events', kind: 'Event' };
export const LEASES: Resource = { group: 'coordination.k8s.io', version: 'v1', plural: 'leases', kind: 'Lease' };
export const TOKEN_REVIEWS: Resource = {
  group: 'authentication.k8s.io',
  version: 'v1',
  plural: 'tokenreviews',
  kind: 'TokenReview',
};
export const SUBJECT_ACCESS_REVIEWS: Resource = {
  group: 'authorization.k8s.io',
  version: 'v1',
  plural: 'subjectaccessreviews',
  kind: 'SubjectAccessReview',
};

/** Objects of a kind: of all namespaces, of one, or one by its name. */
export interface Place {
  readonly resource: Resource;
  /** undefined for all. */
  readonly namespace?: string | undefined;
  readonly name?: string;
  readonly subresource?: 'status';
}

/** "/apis/argoproj.io/v1alpha1/namespaces/argocd/applications/shop" */
export function pathOf({ resource, namespace, name, subresource }: Place): string {
  const root = resource.group === '' ? ['api'] : ['apis', resource.group];
  const within = namespace === undefined ? [] : ['namespaces', namespace];
  const parts = [...root, resource.version, ...within, resource.plural, name, subresource];
  return `/${parts
    .filter((part) => part !== undefined)
    .map(encodeURIComponent)
    .join('/')}`;
}

/** apiVersion of the kind: "argoproj.io/v1alpha1", "v1". */
export function apiVersionOf({ group, version }: Resource): string {
  return group === '' ? version : `${group}/${version}`;
}

/** "Application argocd/shop", "applications in argocd", "applications in all namespaces" */
export function describePlace({ resource, namespace, name }: Place): string {
  if (name !== undefined) return `${resource.kind} ${namespace}/${name}`;
  return `${resource.plural} in ${namespace ?? 'all namespaces'}`;
}
