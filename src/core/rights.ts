/** A rule of a Role or ClusterRole (rbac.authorization.k8s.io/v1). */
interface RbacRule {
  readonly apiGroups?: readonly string[];
  readonly resources?: readonly string[];
  readonly resourceNames?: readonly string[];
  readonly nonResourceURLs?: readonly string[];
  readonly verbs: readonly string[];
}

/**
 * Where a right is needed: where Applications and ImageUpdaters are, in Argo CD's namespace, in our own, or in the
 * cluster as a whole.
 */
type RightPlace = 'watched' | 'argocd' | 'own' | 'cluster';

/** One thing that Tiphys must be allowed to do, and what for. */
interface Right {
  readonly place: RightPlace;
  readonly rule: RbacRule;
  readonly why: string;
  /** What becomes of a process that lacks it, going on from "without it". */
  readonly without: string;
}

/** What Tiphys is to do, as far as it takes rights. */
export interface RightsWanted {
  readonly writeBack: 'git' | 'argocd';
  /** `repocreds`: Argo CD's repository Secrets, which can be found by their label alone. */
  readonly gitCredentials: 'repocreds' | 'secret';
  readonly events: boolean;
  /** Whether hand-offs are taken, whose roll-outs are followed. */
  readonly handoffs: boolean;
  /** Names of the Leases; none where replicas are not told apart. */
  readonly leases: readonly string[];
  readonly secureMetrics: boolean;
  /** ConfigMaps and Secrets in Argo CD's namespace that are read if they are there. */
  readonly wellKnown: { readonly configMaps: readonly string[]; readonly secrets: readonly string[] };
}

/** Of whom a Role gives what. */
export interface RoleGrant {
  /** Undefined for a ClusterRole, bound for the whole cluster. */
  readonly namespace: string | undefined;
  readonly rights: readonly Right[];
}

export interface RightsScope {
  /** Of Applications and ImageUpdaters. */
  readonly watched: '*' | readonly string[];
  readonly argocdNamespace: string;
  /** Where Tiphys runs. */
  readonly namespace: string;
  /** Secrets that Applications, ImageUpdaters or registries.conf name. */
  readonly secrets: readonly { readonly namespace: string; readonly name: string }[];
}

const ARGOCD = ['argoproj.io'];
const UPDATERS = ['argocd-image-updater.argoproj.io'];
const CORE = [''];

const ENDS = 'it ends with the missing rule, as it would know nothing';
const WARNS = 'a warning names the missing rule';

/** Every right, and no other: what a process asks of the API server is in this table. */
function rightsFor(wanted: RightsWanted): readonly Right[] {
  return [
    ...ALWAYS,
    ...(wanted.writeBack === 'argocd' ? OF_ARGOCD_METHOD : []),
    ...(wanted.handoffs ? [OF_HANDOFFS] : []),
    {
      place: 'argocd',
      rule: { apiGroups: CORE, resources: ['configmaps'], resourceNames: wanted.wellKnown.configMaps, verbs: ['get'] },
      why: "settings, and Argo CD's certificates and host keys",
      without: `defaults count, and only public authorities and hosts are trusted; ${WARNS}`,
    },
    secretsRight('argocd', wanted.wellKnown.secrets, 'settings that are secret'),
    ...(wanted.gitCredentials === 'repocreds' ? [REPOSITORY_SECRETS] : []),
    ...(wanted.events ? [EVENTS] : []),
    ...leaseRights(wanted.leases),
    ...(wanted.secureMetrics ? REVIEWS : []),
  ];
}

const ALWAYS: readonly Right[] = [
  {
    place: 'watched',
    rule: { apiGroups: ARGOCD, resources: ['applications'], verbs: ['list', 'watch'] },
    why: 'Applications',
    without: `(list) ${ENDS}; (watch) it lists once, and ${WARNS} in every cycle`,
  },
  {
    place: 'watched',
    rule: { apiGroups: ARGOCD, resources: ['applications'], verbs: ['patch'] },
    why: 'the annotations that ask for a look: tiphys.dev/refresh is taken off, argocd.argoproj.io/refresh put on',
    without: `the former stays, and Argo CD looks at its own time; ${WARNS}`,
  },
  {
    place: 'watched',
    rule: { apiGroups: UPDATERS, resources: ['imageupdaters'], verbs: ['list', 'watch'] },
    why: 'ImageUpdaters',
    without: `(list) ${ENDS}; (watch) it lists once, and ${WARNS} in every cycle`,
  },
  {
    place: 'watched',
    rule: { apiGroups: UPDATERS, resources: ['imageupdaters'], verbs: ['get', 'patch'] },
    why: "upstream's finalizer is taken off objects that are being deleted",
    without: `such objects stay; ${WARNS}`,
  },
  {
    place: 'watched',
    rule: { apiGroups: UPDATERS, resources: ['imageupdaters/status'], verbs: ['patch'] },
    why: 'the status of ImageUpdaters',
    without: `it stays as it is; ${WARNS}`,
  },
  {
    place: 'argocd',
    rule: { apiGroups: ARGOCD, resources: ['appprojects'], verbs: ['list', 'watch'] },
    why: 'which repositories an AppProject allows',
    without: `nobody's repository is forbidden; ${WARNS}`,
  },
];

const OF_ARGOCD_METHOD: readonly Right[] = [
  {
    place: 'watched',
    rule: { apiGroups: ARGOCD, resources: ['applications'], verbs: ['get'] },
    why: 'the Application as it is at the moment of its patch',
    without: 'its images fail with the missing rule',
  },
  {
    place: 'watched',
    rule: { apiGroups: ARGOCD, resources: ['applicationsets'], verbs: ['get'] },
    why: 'whether an ApplicationSet would undo a patch',
    without: 'that is noticed only once it has been undone',
  },
];

const OF_HANDOFFS: Right = {
  place: 'watched',
  rule: { apiGroups: ARGOCD, resources: ['applications'], verbs: ['get'] },
  why: 'how the roll-outs of hand-offs go on',
  without: 'these stay committed, and their reason names the missing rule',
};

const REPOSITORY_SECRETS: Right = {
  place: 'argocd',
  rule: { apiGroups: CORE, resources: ['secrets'], verbs: ['list', 'watch'] },
  why: "Argo CD's repository Secrets, which are found by their label",
  without: `repositories are asked without credentials; ${WARNS}`,
};

const EVENTS: Right = {
  place: 'watched',
  rule: { apiGroups: CORE, resources: ['events'], verbs: ['create'] },
  why: 'Events on Applications',
  without: `there are none; ${WARNS}`,
};

const REVIEWS: readonly Right[] = [
  ['authentication.k8s.io', 'tokenreviews', 'who asks for metrics'],
  ['authorization.k8s.io', 'subjectaccessreviews', 'whether he may have them'],
].map(([group = '', resource = '', why = '']) => ({
  place: 'cluster',
  rule: { apiGroups: [group], resources: [resource], verbs: ['create'] },
  why,
  without: 'nobody gets metrics; an error names the missing rule',
}));

function secretsRight(place: RightPlace, resourceNames: readonly string[], why: string): Right {
  return {
    place,
    rule: { apiGroups: CORE, resources: ['secrets'], resourceNames, verbs: ['get'] },
    why,
    without: `they count as absent; ${WARNS}`,
  };
}

/** What is made has no name yet by which it could be allowed. */
function leaseRights(resourceNames: readonly string[]): readonly Right[] {
  if (resourceNames.length === 0) return [];
  const right = {
    place: 'own',
    why: 'which replica works',
    without: 'none does; an error names the missing rule',
  } as const;
  const leases = { apiGroups: ['coordination.k8s.io'], resources: ['leases'] };
  return [
    { ...right, rule: { ...leases, verbs: ['create'] } },
    { ...right, rule: { ...leases, resourceNames, verbs: ['get', 'update'] } },
  ];
}

/** The Roles that give every right where it is needed, and nowhere else; one for the cluster, and one for each namespace. */
export function grants(wanted: RightsWanted, scope: RightsScope): readonly RoleGrant[] {
  const given = rightsFor(wanted).flatMap((right) =>
    namespacesOf(right.place, scope).map((namespace) => ({ namespace, right })),
  );
  const named = [...Map.groupBy(scope.secrets, ({ namespace }) => namespace)].map(([namespace, secrets]) => {
    const names = [...new Set(secrets.map(({ name }) => name))];
    return { namespace, right: secretsRight('watched', names, 'Secrets that something names') };
  });
  return [...Map.groupBy([...given, ...named], ({ namespace }) => namespace)].map(([namespace, all]) => ({
    namespace,
    rights: all.map(({ right }) => right),
  }));
}

function namespacesOf(place: RightPlace, scope: RightsScope): readonly (string | undefined)[] {
  switch (place) {
    case 'watched':
      return scope.watched === '*' ? [undefined] : [...new Set(scope.watched)];
    case 'argocd':
      return [scope.argocdNamespace];
    case 'own':
      return [scope.namespace];
    case 'cluster':
      return [undefined];
    default:
      return place satisfies never;
  }
}
