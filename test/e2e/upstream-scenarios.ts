// The end-to-end scenarios of Argo CD Image Updater, by the names that it gives them. In all texts $host is the registry,
// $repo the Git repository of the scenario, and $ns its namespace.

/** Sources of an Application, without what all have: repoURL and targetRevision. */
type Source = Readonly<Record<string, unknown>>;

interface Sketch {
  readonly sources: readonly Source[];
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  /** Behind that of the scenario: "-dev". */
  readonly namespace?: string;
}

interface Step {
  /** By "name"; "-dev/name" is in another namespace, "name annotation=value" has an annotation. */
  readonly updaters: Readonly<Record<string, object>>;
  /** What each Application runs afterwards, without registry and owner. */
  readonly runs: Readonly<Record<string, readonly string[]>>;
  /** What a file of the repository contains then. */
  readonly files?: Readonly<Record<string, string>>;
  /** Of the first ImageUpdater. */
  readonly status?: object;
  /** Fields that this status has not. */
  readonly without?: readonly string[];
  /** Of `run --once`; 0 unless told. */
  readonly exit?: number;
  /** "Ready True", ... of the first ImageUpdater. */
  readonly conditions?: readonly string[];
}

export interface Scenario {
  readonly id: string;
  readonly title: string;
  /** `run --once` for each step, instead of a controller that is there before the ImageUpdaters. */
  readonly once?: true;
  readonly args?: readonly string[];
  readonly applications: Readonly<Record<string, Sketch>>;
  readonly steps: readonly Step[];
}

export const PREFIX = 'argocd-image-updater.argoproj.io';
const OWNER = '$host/acme/';
const KUSTOMIZE: Sketch = { sources: [{ path: 'kustomize' }] };
const HELM: Sketch = { sources: [{ path: 'helm' }] };
const HELM_KEYS = { manifestTargets: { helm: { name: 'image.name', tag: 'image.tag' } } };
const CHOSEN = { 'app-01': ['guestbook:29437546.0'] };
const UNTOUCHED = { 'app-01': ['guestbook:1.0.0'] };
const WELL = ['Ready True', 'Reconciling False', 'Error False'];

/** One image of an ImageUpdater: "guestbook:~1.0". */
function image(constrained: string, more: object = {}, alias = constrained.split(':')[0]) {
  return { alias, imageName: `${OWNER}${constrained}`, ...more };
}

function spec(images: readonly object[], more: object = {}, namePattern = 'app*') {
  return { applicationRefs: [{ namePattern, images }], ...more };
}

function gitTo(method: string, gitConfig?: object) {
  return { writeBackConfig: { method, ...(gitConfig && { gitConfig }) } };
}

const strategy = (updateStrategy: string, more: object = {}) => ({ commonUpdateSettings: { updateStrategy, ...more } });

/** Section 8.1 and 8.2: a controller with an interval of 0, so that one pass for each ImageUpdater must do. */
const GINKGO: readonly Scenario[] = [
  {
    id: 'parallel 1-001',
    title: 'write-back argocd, kustomize',
    applications: { 'app-01': KUSTOMIZE },
    steps: [{ updaters: { ir: spec([image('guestbook:~29437546.0')]) }, runs: CHOSEN }],
  },
  ...['creds', '$ns/creds'].map((secret, index) => ({
    id: `parallel 1-002${'ab'[index]}`,
    title: `write-back git:secret:${secret} into an override file`,
    applications: { 'app-01': { sources: [{ path: 'kustomize', targetRevision: 'HEAD' }] } },
    steps: [
      {
        updaters: {
          ir: spec([image('guestbook:29437546.X')], {
            ...gitTo(`git:secret:${secret}`, { branch: 'main', repository: '$repo' }),
            commonUpdateSettings: { forceUpdate: false },
          }),
        },
        runs: CHOSEN,
        files: { 'kustomize/.argocd-source-app-01.yaml': 'guestbook:29437546.0' },
      },
    ],
  })),
  {
    id: 'parallel 1-003',
    title: 'several sources, of which the Helm one is meant',
    applications: {
      'app-01': {
        sources: [{ path: 'other' }, { path: 'helm', helm: { valueFiles: ['values.yaml', '../helm-overrides.yaml'] } }],
      },
    },
    steps: [
      {
        updaters: {
          ir: spec(
            [image('guestbook:~29437546.0', HELM_KEYS)],
            gitTo('git', { writeBackTarget: 'helmvalues:/helm-overrides.yaml' }),
          ),
        },
        runs: { 'app-01': ['guestbook:29437546.0', 'other:1.0.0'] },
      },
    ],
  },
  {
    id: 'parallel 1-004',
    title: 'Helm values',
    applications: { 'app-01': HELM },
    steps: [
      {
        updaters: {
          ir: spec(
            [image('guestbook:~29437546.0', HELM_KEYS)],
            gitTo('git', { writeBackTarget: 'helmvalues:/helm/values.yaml' }),
          ),
        },
        runs: CHOSEN,
        files: { 'helm/values.yaml': 'tag: "29437546.0" # by hand' },
      },
    ],
  },
  {
    id: 'parallel 1-005',
    title: 'annotations, write-back argocd, and the status',
    applications: {
      'app-01': {
        ...KUSTOMIZE,
        labels: { env: 'prod' },
        annotations: {
          [`${PREFIX}/image-list`]: `guestbook=${OWNER}guestbook:~29437546.0`,
          [`${PREFIX}/guestbook.update-strategy`]: 'semver',
        },
      },
    },
    steps: [
      {
        updaters: {
          ir: {
            applicationRefs: [
              { namePattern: '*', useAnnotations: true, labelSelectors: { matchLabels: { env: 'prod' } } },
            ],
          },
        },
        runs: CHOSEN,
        status: {
          applicationsMatched: 1,
          imagesManaged: 1,
          observedGeneration: 1,
          recentUpdates: [{ newVersion: '29437546.0', applicationsUpdated: 1 }],
        },
        conditions: WELL,
      },
    ],
  },
  {
    id: 'parallel 1-006',
    title: 'annotations, write-back git',
    applications: {
      'app-01': {
        ...KUSTOMIZE,
        annotations: {
          [`${PREFIX}/image-list`]: `guestbook=${OWNER}guestbook:~29437546.0`,
          [`${PREFIX}/write-back-method`]: 'git:secret:creds',
          [`${PREFIX}/git-branch`]: 'main',
          [`${PREFIX}/git-repository`]: '$repo',
          [`${PREFIX}/guestbook.force-update`]: 'false',
        },
      },
    },
    steps: [{ updaters: { ir: { applicationRefs: [{ namePattern: 'app*', useAnnotations: true }] } }, runs: CHOSEN }],
  },
  {
    id: 'parallel 1-007a',
    title: 'status of an ImageUpdater that went well',
    applications: { 'app-01': KUSTOMIZE },
    steps: [
      {
        updaters: { ir: spec([image('guestbook:~29437546.0')]) },
        runs: CHOSEN,
        status: { applicationsMatched: 1, imagesManaged: 1, observedGeneration: 1 },
        conditions: WELL,
      },
    ],
  },
  {
    id: 'parallel 1-007b',
    title: 'status of an ImageUpdater that concerns nobody',
    applications: { 'app-01': KUSTOMIZE },
    steps: [
      {
        updaters: { ir: spec([image('guestbook:~29437546.0')], {}, 'nobody') },
        runs: UNTOUCHED,
        status: { applicationsMatched: 0, imagesManaged: 0 },
        without: ['lastUpdatedAt', 'recentUpdates'],
        conditions: WELL,
      },
    ],
  },
  {
    id: 'parallel 1-007c',
    title: 'status of an ImageUpdater with a pattern that is none',
    applications: { 'app-01': KUSTOMIZE },
    steps: [
      {
        updaters: { ir: spec([image('guestbook:~29437546.0')], {}, 'foo[bar') },
        runs: UNTOUCHED,
        conditions: ['Ready False', 'Reconciling False', 'Error True'],
      },
    ],
  },
  {
    id: 'parallel 1-008',
    title: 'images that only the values file knows stay',
    applications: { 'app-01': { sources: [{ path: 'three' }] } },
    steps: [
      {
        updaters: {
          ir: spec(
            ['guestbook', 'job', 'cron'].map((name) =>
              image(`${name}:~29437546.0`, {
                manifestTargets: { helm: { name: `${name}.name`, tag: `${name}.tag` } },
              }),
            ),
            gitTo('git', { writeBackTarget: 'helmvalues:/three/values.yaml' }),
          ),
        },
        runs: CHOSEN,
        files: { 'three/values.yaml': 'job: {name: $host/acme/job, tag: 1.0.0}' },
      },
    ],
  },
  {
    id: 'parallel 1-010',
    title: 'an image that must be verified waits; upstream moves it to the signed 1.0.2',
    applications: { 'app-01': KUSTOMIZE },
    steps: ['guestbook:1.0.1', 'guestbook:~1.0'].map((name) => ({
      updaters: {
        ir: spec([image(name)], {
          ...gitTo('git'),
          imagesVerification: { enabled: true, cosignKey: { secretName: 'cosign', key: 'cosign.pub' } },
        }),
      },
      runs: UNTOUCHED,
    })),
  },
  {
    id: 'parallel 1-011',
    title: 'a plugin',
    applications: {
      'app-01': {
        sources: [
          {
            path: 'plugin',
            plugin: {
              env: [
                { name: 'IMAGE_NAME', value: `${OWNER}guestbook` },
                { name: 'IMAGE_TAG', value: '1.0.0' },
              ],
            },
          },
        ],
      },
    },
    steps: [
      {
        updaters: {
          ir: spec([
            image('guestbook:~29437546.0', { manifestTargets: { plugin: { name: 'IMAGE_NAME', tag: 'IMAGE_TAG' } } }),
          ]),
        },
        runs: CHOSEN,
      },
    ],
  },
  ...['$ns-dev,$ns-qe', '*'].map((watched, index) => ({
    id: `sequential 1-00${8 + index}`,
    title: `Applications in other namespaces: ${watched}`,
    args: ['--watch-namespaces', watched],
    applications: {
      'app-dev': { ...KUSTOMIZE, namespace: '-dev' },
      'app-qe': { ...KUSTOMIZE, namespace: '-qe' },
    },
    steps: [
      {
        updaters: {
          '-dev/ir': spec([image('guestbook:~29437546.0')]),
          '-qe/ir': spec([image('guestbook:~29437546.0')]),
        },
        runs: { 'app-dev': ['guestbook:29437546.0'], 'app-qe': ['guestbook:29437546.0'] },
      },
    ],
  })),
];

const REVERT = spec([image('guestbook:1.0.0')], gitTo('git', { writeBackTarget: 'kustomization' }));

/** Section 8.3: the program, once for each step. */
const KUTTL: readonly Scenario[] = [
  {
    id: 'suite 001',
    title: 'kustomize, write-back argocd',
    applications: { 'app-01': KUSTOMIZE },
    steps: [{ updaters: { ir: spec([image('guestbook:1.X.X')]) }, runs: { 'app-01': ['guestbook:1.0.2'] } }],
  },
  {
    id: 'suite 002',
    title: 'the digest of latest, then a tag',
    applications: { 'app-01': { sources: [{ path: 'latest' }] } },
    steps: [
      {
        updaters: { ir: spec([image('guestbook:latest', strategy('digest'))], gitTo('git')) },
        runs: { 'app-01': ['guestbook:latest@$digest'] },
      },
      { updaters: { ir: spec([image('guestbook:1.0.0')], gitTo('git')) }, runs: UNTOUCHED },
    ],
  },
  {
    id: 'suite 003',
    title: 'an image that is no part of the Application; that its constraint is none is said nevertheless',
    applications: { 'app-01': KUSTOMIZE },
    steps: [
      {
        updaters: { ir: spec([{ alias: 'invalid', imageName: 'some/invalid:latest' }]) },
        runs: UNTOUCHED,
        exit: 2,
      },
    ],
  },
  {
    id: 'suite 004',
    title: 'two images of one Deployment',
    applications: { 'app-01': { sources: [{ path: 'two' }] } },
    steps: [
      {
        updaters: { ir: spec([image('nginx:1.17.10'), image('memcached:1.6.10')]) },
        runs: { 'app-01': ['memcached:1.6.10', 'nginx:1.17.10'] },
      },
    ],
  },
  {
    id: 'suite 005',
    title: 'two references of one ImageUpdater',
    applications: { 'app-01': KUSTOMIZE, 'app-02': KUSTOMIZE },
    steps: [
      {
        updaters: {
          ir: {
            applicationRefs: [
              { namePattern: '*-01', images: [image('guestbook:~1.0')] },
              {
                namePattern: '*-02',
                images: [image('guestbook', strategy('newest-build', { ignoreTags: ['latest', '2943*'] }))],
              },
            ],
          },
        },
        runs: { 'app-01': ['guestbook:1.0.2'], 'app-02': ['guestbook:2.0.0'] },
      },
    ],
  },
  {
    id: 'suite 006',
    title: 'an Application in another namespace than the ImageUpdater is not its',
    args: ['--watch-namespaces', '$ns,$ns-dev'],
    applications: { 'app-01': { ...KUSTOMIZE, namespace: '-dev' } },
    steps: [{ updaters: { ir: spec([image('guestbook:1.X.X')]) }, runs: UNTOUCHED }],
  },
  {
    id: 'suite 007',
    title: 'a kustomization; back to 1.0.0 only where that is allowed',
    applications: { 'app-01': KUSTOMIZE },
    steps: [
      {
        updaters: {
          ir: spec([image('guestbook:~1.0')], gitTo('git', { writeBackTarget: 'kustomization', repository: '$repo' })),
        },
        runs: { 'app-01': ['guestbook:1.0.2'] },
      },
      { updaters: { ir: REVERT }, runs: { 'app-01': ['guestbook:1.0.2'] } },
      { updaters: { 'ir tiphys.dev/allow-downgrade=true': REVERT }, runs: UNTOUCHED },
    ],
  },
  {
    id: 'suite 008',
    title: 'a chart whose key is image.repository, with an override file and no keys given',
    applications: { 'app-01': { sources: [{ path: 'repository' }] } },
    steps: [
      {
        updaters: { ir: spec([image('guestbook:~1.0')], gitTo('git')) },
        runs: { 'app-01': ['guestbook:1.0.2'] },
      },
      {
        updaters: { 'ir tiphys.dev/allow-downgrade=true': spec([image('guestbook:1.0.0')], gitTo('git')) },
        runs: UNTOUCHED,
      },
    ],
  },
  {
    id: 'suite 101',
    title: 'labels beside an exact name',
    applications: {
      'app-01': { ...KUSTOMIZE, labels: { tier: 'web' } },
      'app-02': { ...KUSTOMIZE, labels: { tier: 'db' } },
      'app-03': KUSTOMIZE,
    },
    steps: [
      {
        updaters: {
          ir: {
            applicationRefs: ['app-01', 'app-02', 'app-03'].map((namePattern) => ({
              namePattern,
              labelSelectors: { matchLabels: { tier: 'web' } },
              images: [image('guestbook:~1.0')],
            })),
          },
        },
        runs: { 'app-01': ['guestbook:1.0.2'], 'app-02': ['guestbook:1.0.0'], 'app-03': ['guestbook:1.0.0'] },
      },
    ],
  },
  {
    id: 'suite 102',
    title: 'of patterns that overlap, the one with most letters',
    applications: { 'image-102-0': KUSTOMIZE, 'image-102-1': KUSTOMIZE, 'image-102-2': KUSTOMIZE },
    steps: [
      {
        updaters: {
          ir: {
            applicationRefs: [
              { namePattern: '*-102-0', images: [image('guestbook:1.0.1')] },
              { namePattern: '*-102-?', images: [image('guestbook:~1.0')] },
              { namePattern: 'image-*-2', images: [image('guestbook:2.x')] },
            ],
          },
        },
        runs: {
          'image-102-0': ['guestbook:1.0.1'],
          'image-102-1': ['guestbook:1.0.2'],
          'image-102-2': ['guestbook:2.0.0'],
        },
      },
    ],
  },
];

export const SCENARIOS: readonly Scenario[] = [
  ...GINKGO,
  ...KUTTL.map((scenario): Scenario => ({ ...scenario, once: true })),
];

/** The repository of each scenario. */
export const TREE: Readonly<Record<string, string>> = {
  ...kustomization('kustomize', 'guestbook:1.0.0'),
  ...kustomization('latest', 'guestbook:latest'),
  ...kustomization('other', 'other:1.0.0'),
  ...kustomization('two', 'nginx:1.17.0', 'memcached:1.6.0'),
  ...chart('helm', 'image:\n  name: $host/acme/guestbook\n  tag: "1.0.0" # by hand\n', 'image.name'),
  ...chart('repository', 'image:\n  repository: $host/acme/guestbook\n  tag: 1.0.0\n', 'image.repository'),
  'helm-overrides.yaml': 'image:\n  name: $host/acme/guestbook\n  tag: 1.0.0\n',
  ...chart(
    'three',
    ['guestbook', 'job', 'cron'].map((key) => `${key}: {name: $host/acme/${key}, tag: 1.0.0}\n`).join(''),
    'guestbook.name',
    'guestbook.tag',
  ),
  'plugin/deployment.yaml.in': deployment('@IMAGE_NAME@:@IMAGE_TAG@'),
};

/** The tags that each repository has, oldest first. */
export const TAGS: Readonly<Record<string, readonly string[]>> = {
  guestbook: ['latest', '29437546.0', '1.0.0', '1.0.1', '1.0.2', '2.0.0'],
  job: ['1.0.0', '29437546.0'],
  cron: ['1.0.0', '29437546.0'],
  other: ['1.0.0', '29437546.0'],
  nginx: ['1.17.0', '1.17.10', '1.18.0'],
  memcached: ['1.6.0', '1.6.10', '1.7.0'],
};

function kustomization(path: string, ...images: readonly string[]): Record<string, string> {
  return {
    [`${path}/kustomization.yaml`]: 'resources: [deployment.yaml]\n',
    [`${path}/deployment.yaml`]: deployment(...images.map((name) => `${OWNER}${name}`)),
  };
}

function chart(path: string, values: string, name: string, tag = 'image.tag'): Record<string, string> {
  return {
    [`${path}/Chart.yaml`]: `apiVersion: v2\nname: ${path}\nversion: 0.1.0\n`,
    [`${path}/values.yaml`]: values,
    [`${path}/templates/deployment.yaml`]: deployment(`{{ .Values.${name} }}:{{ .Values.${tag} }}`),
  };
}

function deployment(...images: readonly string[]): string {
  const containers = images.map((name, index) => `      - name: c${index}\n        image: "${name}"\n`).join('');
  return `apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
${containers}`;
}
