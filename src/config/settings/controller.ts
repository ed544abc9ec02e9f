import { address, boolean, namespace, oneOf } from './kinds.ts';
import { comesWith, type Setting, USED } from './setting.ts';

const CONTROLLER = 'the controller, step 5';

/** Settings of a process that serves a cluster: its log, its events, its health, and its rivals. */
export const CONTROLLER_SETTINGS = {
  logLevel: {
    flag: '--loglevel',
    variable: 'IMAGE_UPDATER_LOGLEVEL',
    key: 'log.level',
    meaning: 'the least that is logged',
    kind: oneOf('<level>', ['trace', 'debug', 'info', 'warn', 'error']),
    default: 'info',
    commands: ['run', 'test', 'webhook'],
    state: USED,
  },
  logFormat: {
    flag: '--logformat',
    variable: 'IMAGE_UPDATER_LOGFORMAT',
    key: 'log.format',
    meaning: 'the form of the log; outside a cluster there is one only when this or the level is given',
    kind: oneOf('<format>', ['text', 'json']),
    default: 'text',
    commands: ['run'],
    state: USED,
  },
  disableKubeEvents: {
    flag: '--disable-kube-events',
    variable: 'IMAGE_UPDATER_KUBE_EVENTS',
    key: 'kube.events',
    meaning: 'no Kubernetes Events; the variable and the key too switch them off with true, as upstream',
    kind: boolean,
    default: 'false',
    commands: ['run', 'webhook'],
    state: USED,
  },
  leaderElection: {
    flag: '--leader-election',
    meaning: 'only one of several replicas works',
    kind: boolean,
    default: 'true',
    commands: ['run'],
    state: comesWith(CONTROLLER, false),
  },
  leaderElectionNamespace: {
    flag: '--leader-election-namespace',
    meaning: 'where the lease is kept',
    kind: namespace,
    defaultNote: 'its own',
    commands: ['run'],
    state: comesWith(CONTROLLER),
  },
  metricsBindAddress: {
    flag: '--metrics-bind-address',
    meaning: 'where metrics are served',
    kind: address,
    default: '0',
    commands: ['run'],
    state: USED,
  },
  metricsSecure: {
    flag: '--metrics-secure',
    meaning: 'metrics by HTTPS, to those who may read them',
    kind: boolean,
    default: 'true',
    commands: ['run'],
    state: USED,
  },
  healthProbeBindAddress: {
    flag: '--health-probe-bind-address',
    meaning: 'where /healthz and /readyz are served; outside a cluster only when it is given',
    kind: address,
    default: ':8081',
    commands: ['run'],
    state: USED,
  },
  enableHttp2: {
    flag: '--enable-http2',
    meaning: 'HTTP/2 for metrics and webhooks',
    kind: boolean,
    default: 'false',
    commands: ['run', 'webhook'],
    state: USED,
  },
} as const satisfies Readonly<Record<string, Setting>>;
