import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Agent, fetch } from 'undici';
import { until } from '../support/until.ts';
import { type Kube, startKube } from './kube.ts';
import { freePort, startServerProgram } from './server-program.ts';
import { findTool, type Tool } from './tools.ts';

export interface Argocd extends AsyncDisposable {
  readonly kube: Kube;
  /** "127.0.0.1:16080", plain HTTP and gRPC. */
  readonly address: string;
  /** An API token of the account `tiphys`, which may get and update Applications. */
  readonly token: string;
  /** Replaces the rules of the account by these lines of `policy.csv`, which count then. */
  setPolicy(...lines: readonly string[]): Promise<void>;
  /** A token of a role of a project, which has to be there. */
  roleToken(project: string, role: string): Promise<string>;
  application(name: string): Promise<Record<string, unknown>>;
  /** One more API server, over TLS with the certificate that Argo CD makes for itself, for the names in it. */
  serveTls(rootPath: string): Promise<TlsServer>;
  /** The controller of ApplicationSets, without which nobody minds what becomes of the Applications of one. */
  generateApplications(): Promise<AsyncDisposable>;
}

export interface TlsServer extends AsyncDisposable {
  /** "localhost:16443/argo" */
  readonly address: string;
  /** Its certificate, which nobody has signed, as PEM. */
  readonly certificate: string;
}

/** Which programs it needs, for a skip. */
export const ARGOCD_TOOLS = [
  ...['etcd', 'kube-apiserver', 'kube-controller-manager'],
  ...['argocd', 'redis-server', 'kwok', 'kustomize', 'helm'],
] as const satisfies readonly Tool[];

const HOST = '127.0.0.1';
const OWN = { namespace: 'argocd', labels: { 'app.kubernetes.io/part-of': 'argocd' } };
const ACCOUNT = 'tiphys';
const POLICY = ['get', 'update'].map((action) => `p, role:updater, applications, ${action}, */*, allow`);

/**
 * A real Argo CD (application controller, repo server, API server) on an API server of its own, with nodes and pods that
 * kwok plays, so that what is written becomes synced and healthy. Takes about fifteen seconds.
 */
export async function startArgocd(): Promise<Argocd> {
  await using stack = new AsyncDisposableStack();
  const kube = stack.use(await startKube({ controllerManager: true }));
  const folder = await mkdtemp(join(tmpdir(), 'tiphys-argocd-'));
  stack.defer(() => rm(folder, { recursive: true, force: true, maxRetries: 10 }));
  const env = await environment(folder, kube.kubeconfig);
  await configure(kube);
  const redis = await portText();
  const [repo, repoMetrics] = [await portText(), await portText()];
  const [server, controllerMetrics] = [await portText(), await portText()];
  const redisAddress = `${HOST}:${redis}`;
  const start = (name: string, args: readonly string[], isReady: () => Promise<boolean>) =>
    startServerProgram({
      program: findTool('argocd') ?? '',
      args: ['--loglevel', 'warn', '--redis', redisAddress, ...args],
      env: { ...env, ARGOCD_BINARY_NAME: name },
      isReady,
    });
  const toRepo = ['--repo-server', `${HOST}:${repo}`, '--repo-server-plaintext'];

  stack.use(await startRedis(redis, env));
  stack.use(await startKwok(kube, env));
  stack.use(
    await start(
      'argocd-repo-server',
      [
        ...['--address', HOST, '--port', repo, '--disable-tls'],
        ...['--metrics-address', HOST, '--metrics-port', repoMetrics],
      ],
      () => isHealthy(`http://${HOST}:${repoMetrics}/healthz?full=true`),
    ),
  );
  const project = '/apis/argoproj.io/v1alpha1/namespaces/argocd/appprojects/default';
  const startApi = async (port: string, more: readonly string[], isReady: () => Promise<boolean>) => {
    const own = ['--kubeconfig', kube.kubeconfig, '--namespace', 'argocd', '--address', HOST, '--port', port];
    const metrics = ['--metrics-address', HOST, '--metrics-port', await portText()];
    return await start('argocd-server', [...own, ...metrics, ...toRepo, ...NO_DEX, ...ELSEWHERE, ...more], isReady);
  };
  stack.use(
    await startApi(
      server,
      ['--insecure'],
      // It makes the project when it first starts.
      async () => (await isHealthy(`http://${HOST}:${server}/healthz`)) && (await kube.admin('GET', project)) !== null,
    ),
  );
  stack.use(
    await start(
      'argocd-application-controller',
      [
        ...['--kubeconfig', kube.kubeconfig, '--namespace', 'argocd', ...toRepo],
        ...['--metrics-port', controllerMetrics, '--app-resync', '120', '--app-resync-jitter', '0', ...ELSEWHERE],
      ],
      () => isHealthy(`http://${HOST}:${controllerMetrics}/healthz`),
    ),
  );
  const address = `${HOST}:${server}`;
  const session = await adminSession(kube, `http://${address}`);
  const tokenOf = async (path: string) => {
    const token = await tokenFrom(`http://${address}/api/v1/${path}/token`, { id: 'e2e', expiresIn: 7200 }, session);
    await until(
      'a token that counts',
      async () => (await allowed(`http://${address}`, token, 'projects/get/any')) !== '',
    );
    return token;
  };
  const token = await tokenOf(`account/${ACCOUNT}`);
  let policies = 0;
  const knowsPolicy = (url: string) =>
    until('the policy', async () => (await allowed(url, token, `projects/get/policy-${policies}`)) === 'yes');
  const setPolicy: Argocd['setPolicy'] = async (...lines) => {
    policies += 1;
    await kube.apply(rbac([...lines, `p, role:updater, projects, get, policy-${policies}, allow`]));
    await knowsPolicy(`http://${address}`);
  };
  await setPolicy(...POLICY);
  const owned = stack.move();
  return {
    ...{ kube, address, token, setPolicy },
    roleToken: (project, role) => tokenOf(`projects/${project}/roles/${role}`),
    application: (name) => kube.admin('GET', `/apis/argoproj.io/v1alpha1/namespaces/argocd/applications/${name}`),
    async serveTls(rootPath) {
      const port = await portText();
      const url = `https://${HOST}:${port}${rootPath}`;
      const own = await startApi(port, ['--rootpath', rootPath], () => isHealthy(`${url}/healthz`));
      await knowsPolicy(url);
      const secret = await kube.admin('GET', '/api/v1/namespaces/argocd/secrets/argocd-secret');
      const certificate = Buffer.from(String(Object(secret['data'])['tls.crt']), 'base64').toString();
      return { ...own, address: `localhost:${port}${rootPath}`, certificate };
    },
    async generateApplications() {
      const [probe, metrics, webhook] = [await portText(), await portText(), await portText()];
      const ports = ['--probe-addr', `${HOST}:${probe}`, '--metrics-addr', `${HOST}:${metrics}`];
      const own = ['--kubeconfig', kube.kubeconfig, '--namespace', 'argocd', '--loglevel', 'warn'];
      return await startServerProgram({
        program: findTool('argocd') ?? '',
        args: [...own, ...ports, '--webhook-addr', `${HOST}:${webhook}`, '--argocd-repo-server', `${HOST}:${repo}`],
        env: { ...env, ARGOCD_BINARY_NAME: 'argocd-applicationset-controller' },
        // It says nothing of its health.
        isReady: () => isHealthy(`http://${HOST}:${metrics}/metrics`),
      });
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/** Where Applications may be beside Argo CD's own namespace. */
const ELSEWHERE = ['--application-namespaces', 'team-*'];
/** No logins through others. */
const NO_DEX = ['--dex-server', `http://${HOST}:1`];

/** All that Argo CD's servers see of the environment: folders of their own, and programs by our own choice. */
async function environment(folder: string, kubeconfig: string): Promise<Record<string, string>> {
  const within = (name: string) => join(folder, name);
  for (const name of ['tls', 'ssh', 'gpg', 'plugins', 'tmp', 'home', 'bin']) await mkdir(within(name));
  await writeFile(within('ssh/ssh_known_hosts'), '');
  for (const tool of ['argocd', 'kustomize', 'helm'] as const)
    await symlink(findTool(tool) ?? '', within(`bin/${tool}`));
  return {
    // The cluster that it takes itself to be in is that of the kubeconfig.
    ...{
      ARGOCD_FAKE_IN_CLUSTER: 'true',
      KUBECONFIG: kubeconfig,
      ARGOCD_GPG_ENABLED: 'false',
      ARGOCD_TLS_DATA_PATH: within('tls'),
    },
    ...{ ARGOCD_SSH_DATA_PATH: within('ssh'), ARGOCD_GNUPGHOME: within('gpg') },
    ...{ ARGOCD_PLUGINSOCKFILEPATH: within('plugins'), ARGOCD_ASK_PASS_SOCK: within('ask-pass.sock') },
    ...{ TMPDIR: within('tmp'), HOME: within('home') },
    PATH: `${within('bin')}:${process.env['PATH'] ?? ''}`,
  };
}

async function configure(kube: Kube): Promise<void> {
  await kube.createNamespace('argocd');
  const configMap = (name: string, data: object = {}) => {
    return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, ...OWN }, data };
  };
  await kube.apply(
    configMap('argocd-cm', { [`accounts.${ACCOUNT}`]: 'apiKey' }),
    rbac([]),
    ...['ssh-known-hosts', 'tls-certs', 'gpg-keys'].map((name) => configMap(`argocd-${name}-cm`)),
    { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'argocd-secret', ...OWN } },
    ...NODE,
  );
  const containers = [{ name: 'any', image: 'any' }];
  const pod = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'any' }, spec: { containers } };
  await until('the node of new Pods', async () => {
    const { spec } = await kube.admin('POST', '/api/v1/namespaces/argocd/pods?dryRun=All', pod);
    return Object(spec).nodeName === 'kwok-0';
  });
}

function rbac(lines: readonly string[]) {
  const policy = [...lines, `g, ${ACCOUNT}, role:updater`].join('\n');
  const data = { 'policy.default': '', 'policy.csv': `${policy}\n` };
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'argocd-rbac-cm', ...OWN }, data };
}

const ADMISSION = 'admissionregistration.k8s.io/v1';

/** A node, and every Pod put on it: there is no scheduler. */
const NODE: readonly Record<string, unknown>[] = [
  {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name: 'kwok-0', annotations: { 'kwok.x-k8s.io/node': 'fake' } },
  },
  {
    apiVersion: ADMISSION,
    kind: 'MutatingAdmissionPolicy',
    metadata: { name: 'pods-to-kwok' },
    spec: {
      ...{ failurePolicy: 'Fail', reinvocationPolicy: 'Never' },
      matchConstraints: {
        resourceRules: [{ apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['pods'] }],
      },
      mutations: [
        {
          patchType: 'ApplyConfiguration',
          applyConfiguration: { expression: 'Object{spec: Object.spec{nodeName: "kwok-0"}}' },
        },
      ],
    },
  },
  {
    apiVersion: ADMISSION,
    kind: 'MutatingAdmissionPolicyBinding',
    metadata: { name: 'pods-to-kwok' },
    spec: { policyName: 'pods-to-kwok' },
  },
];

async function portText(): Promise<string> {
  return String(await freePort());
}

function startRedis(port: string, env: Record<string, string>): Promise<AsyncDisposable> {
  const args = ['--bind', HOST, '--port', port, '--save', '', '--appendonly', 'no', '--dir', env['TMPDIR'] ?? ''];
  const answers = () =>
    fetch(`http://${HOST}:${port}`).then(
      () => true,
      // It hangs up on HTTP, which only one who listens does.
      (error: Error) => !JSON.stringify(error.cause ?? {}).includes('ECONNREFUSED'),
    );
  return startServerProgram({ program: findTool('redis-server') ?? '', args, env, isReady: answers });
}

function startKwok(kube: Kube, env: Record<string, string>): Promise<AsyncDisposable> {
  const args = [
    ...['--kubeconfig', kube.kubeconfig, '--config', join(import.meta.dirname, 'kwok-stages.yaml')],
    ...['--manage-all-nodes', '--node-lease-duration-seconds', '40'],
  ];
  const isReady = async () => Object((await kube.admin('GET', '/api/v1/nodes/kwok-0'))['status']).phase === 'Running';
  return startServerProgram({ program: findTool('kwok') ?? '', args, env, isReady });
}

/** Nobody has signed the certificate that Argo CD makes for itself. */
const ANYBODY = new Agent({ connect: { rejectUnauthorized: false } });

async function isHealthy(url: string): Promise<boolean> {
  return (await fetch(url, { dispatcher: ANYBODY })).ok;
}

/**
 * @param what  "projects/get/shop"
 * @returns  "yes", "no", or "" for a token that does not count
 */
async function allowed(server: string, token: string, what: string): Promise<string> {
  const headers = { authorization: `Bearer ${token}` };
  const answer = await fetch(`${server}/api/v1/account/can-i/${what}`, { headers, dispatcher: ANYBODY });
  return String(Object(await answer.json()).value ?? '');
}

async function adminSession(kube: Kube, server: string): Promise<string> {
  const secret = await kube.admin('GET', '/api/v1/namespaces/argocd/secrets/argocd-initial-admin-secret');
  const password = Buffer.from(String(Object(secret['data']).password), 'base64').toString();
  // It knows its own password a moment after it has made it; after five wrong ones it takes none.
  const login = () => tokenFrom(`${server}/api/v1/session`, { username: 'admin', password });
  return await until('a session of the administrator', login, 5_000);
}

async function tokenFrom(url: string, body: object, session?: string): Promise<string> {
  const authorization = session === undefined ? {} : { authorization: `Bearer ${session}` };
  const headers = { 'content-type': 'application/json', ...authorization };
  const answer = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) });
  const { token } = Object(await answer.json());
  if (typeof token !== 'string') throw new Error(`no token from ${url}: ${answer.status}`);
  return token;
}
