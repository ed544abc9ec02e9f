import { anyText, boolean, filledText, globs, integer, labelSelector, namespace, oneOf } from './kinds.ts';
import { CYCLES, needless, type Setting, USED } from './setting.ts';

const HIGHEST_PORT = 65_535;

/** Whatever can ask Argo CD's API. */
const ASKING = [...CYCLES, 'lint', 'credentials', 'wait', 'diff'] as const;

/** Settings that only the 0.x line of upstream has (reference part 2, section 7). */
export const OLD_LINE_SETTINGS = {
  applicationsApi: {
    flag: '--applications-api',
    variable: 'APPLICATIONS_API',
    key: 'applications_api',
    meaning:
      "where Applications come from when no files are given: the cluster, or Argo CD's own API; no ConfigMap says it",
    kind: oneOf('<api>', ['kubernetes', 'argocd']),
    default: 'kubernetes',
    commands: ASKING,
    state: USED,
    better: 'upstream dropped it with 1.0; every command that looks at Applications can ask it',
  },
  argocdServerAddr: {
    flag: '--argocd-server-addr',
    variable: 'ARGOCD_SERVER',
    key: 'argocd.server_addr',
    meaning: "address of Argo CD's API: host, perhaps with a port and a path",
    kind: filledText('<address>'),
    defaultNote: 'argocd-server.argocd',
    commands: ASKING,
    state: USED,
  },
  argocdGrpcWeb: {
    flag: '--argocd-grpc-web',
    variable: 'ARGOCD_GRPC_WEB',
    key: 'argocd.grpc_web',
    meaning: "gRPC-web to Argo CD's API",
    kind: boolean,
    default: 'false',
    commands: ASKING,
    state: needless('it is asked over REST, which every proxy lets through'),
  },
  argocdInsecure: {
    flag: '--argocd-insecure',
    variable: 'ARGOCD_INSECURE',
    key: 'argocd.insecure',
    meaning: "do not verify the certificate of Argo CD's API",
    kind: boolean,
    default: 'false',
    commands: ASKING,
    state: USED,
  },
  argocdPlaintext: {
    flag: '--argocd-plaintext',
    variable: 'ARGOCD_PLAINTEXT',
    key: 'argocd.plaintext',
    meaning: "plain HTTP to Argo CD's API",
    kind: boolean,
    default: 'false',
    commands: ASKING,
    state: USED,
  },
  argocdAuthToken: {
    flag: '--argocd-auth-token',
    variable: 'ARGOCD_TOKEN',
    secretKey: 'argocd.token',
    meaning: "token for Argo CD's API; better by its variable, because everybody on the machine sees flags",
    kind: anyText('<token>'),
    defaultNote: 'none',
    commands: ASKING,
    state: USED,
  },
  disableKubernetes: {
    flag: '--disable-kubernetes',
    meaning: 'work without a cluster',
    kind: boolean,
    default: 'false',
    commands: ASKING,
    state: needless("files and Argo CD's API are used without one"),
  },
  applicationNamespace: {
    flag: '--application-namespace',
    meaning: 'the one namespace of Applications',
    kind: namespace,
    defaultNote: 'all',
    commands: CYCLES,
    state: USED,
  },
  matchApplicationName: {
    flag: '--match-application-name',
    meaning: 'only Applications whose name fits one of these globs',
    kind: globs,
    defaultNote: 'all',
    commands: CYCLES,
    state: USED,
  },
  matchApplicationLabel: {
    flag: '--match-application-label',
    meaning: 'only Applications whose labels fit this selector',
    kind: labelSelector,
    defaultNote: 'all',
    commands: CYCLES,
    state: USED,
  },
  maxConcurrency: {
    flag: '--max-concurrency',
    meaning: 'Applications that are worked on at a time',
    kind: integer(1, Number.MAX_SAFE_INTEGER),
    default: '10',
    commands: ['run'],
    state: needless('see --max-concurrent-apps'),
  },
  healthPort: {
    flag: '--health-port',
    meaning: 'port of /healthz and /readyz; 0 for none; --health-probe-bind-address goes before it',
    kind: integer(0, HIGHEST_PORT),
    defaultNote: 'that of --health-probe-bind-address',
    commands: ['run'],
    state: USED,
  },
  metricsPort: {
    flag: '--metrics-port',
    meaning:
      'port of metrics, by plain HTTP unless --metrics-secure is given; 0 for none; --metrics-bind-address goes before it',
    kind: integer(0, HIGHEST_PORT),
    defaultNote: 'none',
    commands: ['run'],
    state: USED,
  },
} as const satisfies Readonly<Record<string, Setting>>;
