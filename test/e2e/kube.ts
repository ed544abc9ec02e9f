import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Agent, request } from 'undici';
import { parse } from 'yaml';
import { takenUp } from './kube-effect.ts';
import { freePort, startServerProgram } from './server-program.ts';
import { argocdCrds, findTool, type Tool } from './tools.ts';

interface KubeOptions {
  /** Ends namespaces, makes Pods and ServiceAccounts `default`: 110 MiB more. */
  readonly controllerManager?: boolean;
  /** Without it the server knows no version older than the last compaction. */
  readonly watchCache?: boolean;
}

/** A policy rule of RBAC. */
export interface Rule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly verbs: readonly string[];
  readonly resourceNames?: readonly string[];
}

export interface Kube extends AsyncDisposable {
  /** "https://127.0.0.1:16443" */
  readonly url: string;
  /** PEM, a file. */
  readonly caFile: string;
  /** The administrator's, a file. */
  readonly kubeconfig: string;
  /**
   * One request of the administrator, who is exempt from every rule and limit: for setting a scene.
   * @param path  with its leading slash
   * @param type  of the body: "application/json" unless told
   * @returns  the document
   * @throws {Error}  with status and message when the answer is no success
   */
  admin(method: string, path: string, body?: unknown, type?: string): Promise<Record<string, unknown>>;
  /**
   * Creates objects, or changes them, by server-side apply; `metadata.namespace` where they have one. Rights, by a role and
   * its binding, and new kinds are in effect then.
   */
  apply(...objects: readonly Record<string, unknown>[]): Promise<void>;
  createNamespace(name: string): Promise<void>;
  /** Makes the ServiceAccount and lets it do this in its namespace, or in others by name, or ("*") in all. */
  allow(namespace: string, serviceAccount: string, rules: readonly Rule[], where?: string): Promise<void>;
  /** @returns  a file, good for two hours */
  kubeconfigFor(namespace: string, serviceAccount: string): Promise<string>;
  /** Data and ports stay. */
  stopApiServer(): Promise<void>;
  startApiServer(): Promise<void>;
  /** Makes etcd forget all versions before the newest. */
  compact(): Promise<void>;
}

/** Which programs it needs, for a skip. */
export const KUBE_TOOLS = ['etcd', 'kube-apiserver'] as const satisfies readonly Tool[];

const ENV = { PATH: process.env['PATH'] ?? '' };
const OURS = join(import.meta.dirname, '../../deploy/crds');

/**
 * etcd and an API server with RBAC on free loopback ports, with the kinds of Argo CD and our own; all they keep is in a
 * temporary folder. Takes about six seconds.
 */
export async function startKube({ controllerManager = false, watchCache = true }: KubeOptions = {}): Promise<Kube> {
  await using stack = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), 'tiphys-kube-'));
  stack.defer(() => rm(folder, { recursive: true, force: true, maxRetries: 10 }));
  const pki = join(folder, 'pki');
  await mkdir(pki);
  const caFile = join(pki, 'apiserver.crt');
  const token = randomBytes(16).toString('hex');
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  await writeFile(join(pki, 'sa.key'), privateKey.export({ type: 'pkcs1', format: 'pem' }));
  await writeFile(join(pki, 'tokens.csv'), `${token},admin,admin,"system:masters"\n`);
  const etcd = `http://127.0.0.1:${await freePort()}`;
  const port = await freePort();
  const url = `https://127.0.0.1:${port}`;
  const kubeconfig = join(folder, 'admin.kubeconfig');
  await writeFile(kubeconfig, kubeconfigText(url, caFile, token), { mode: 0o600 });

  stack.use(await startEtcd(etcd, join(folder, 'etcd')));
  const agent = stack.adopt(
    // The server makes its certificate when it first starts. On a busy machine it shakes few hands at a time.
    new Agent({ connect: { rejectUnauthorized: false, timeout: 60_000 }, connections: 20, pipelining: 1 }),
    (opened) => opened.destroy(),
  );
  const admin: Kube['admin'] = async (method, path, body, type = 'application/json') => {
    const headers = { authorization: `Bearer ${token}`, 'content-type': type };
    const content = body === undefined || typeof body === 'string' ? body : JSON.stringify(body);
    const answer = await request(`${url}${path}`, {
      ...{ method, headers, dispatcher: agent },
      ...(content === undefined ? {} : { body: content }),
    });
    const text = await answer.body.text();
    if (answer.statusCode >= 300) throw new Error(`${answer.statusCode} to ${method} ${path}: ${text}`);
    return text.startsWith('{') ? JSON.parse(text) : { text };
  };
  const isThere = async (path: string) => (await admin('GET', path)) !== undefined;
  const startServer = () =>
    startServerProgram({
      program: findTool('kube-apiserver') ?? '',
      args: apiServerArgs({ etcd, port, pki, watchCache }),
      env: ENV,
      // The namespace appears a moment after the server is ready.
      isReady: async () => (await isThere('/readyz')) && (await isThere('/api/v1/namespaces/default')),
      // With open watches it would take a minute; all its data is in etcd.
      graceMs: 2_000,
    });
  let server: AsyncDisposable | undefined = await startServer();
  const stopServer = async () => {
    await server?.[Symbol.asyncDispose]();
    server = undefined;
  };
  stack.defer(stopServer);

  const apply: Kube['apply'] = async (...objects) => {
    for (const object of objects) {
      await admin('PATCH', `${pathOf(object)}?fieldManager=e2e&force=true`, object, 'application/apply-patch+yaml');
    }
    await takenUp(admin, objects);
  };
  if (controllerManager) stack.use(await startControllerManager(kubeconfig, pki, isThere));
  await apply(...(await crdsOfAll()));
  const owned = stack.move();
  return {
    ...{ url, caFile, kubeconfig, admin, apply },
    createNamespace: (name) => apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } }),
    allow: (namespace, serviceAccount, rules, where = namespace) =>
      apply(...accountWith(namespace, serviceAccount, rules, where)),
    async kubeconfigFor(namespace, serviceAccount) {
      const path = `/api/v1/namespaces/${namespace}/serviceaccounts/${serviceAccount}/token`;
      const spec = { expirationSeconds: 7200 };
      const { status } = await admin('POST', path, {
        apiVersion: 'authentication.k8s.io/v1',
        kind: 'TokenRequest',
        spec,
      });
      const file = join(folder, `${namespace}-${serviceAccount}.kubeconfig`);
      await writeFile(file, kubeconfigText(url, caFile, textField(status, 'token'), namespace), { mode: 0o600 });
      return file;
    },
    stopApiServer: stopServer,
    async startApiServer() {
      server ??= await startServer();
    },
    async compact() {
      // So that the newest is none that a watch may go on from.
      await apply({
        apiVersion: 'v1',
        kind: 'Namespace',
        metadata: { name: `compacted-${randomBytes(4).toString('hex')}` },
      });
      const { metadata } = await admin('GET', '/api/v1/namespaces');
      const body = JSON.stringify({ revision: textField(metadata, 'resourceVersion'), physical: true });
      const answer = await fetch(`${etcd}/v3/kv/compaction`, { method: 'POST', body });
      if (!answer.ok) throw new Error(`etcd answered ${answer.status}: ${await answer.text()}`);
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

function startEtcd(url: string, dataDir: string): Promise<AsyncDisposable> {
  const peer = 'http://127.0.0.1:0';
  const args = [
    ...['--name', 'e2e', '--data-dir', dataDir, '--unsafe-no-fsync'],
    ...['--listen-client-urls', url, '--advertise-client-urls', url],
    ...['--listen-peer-urls', peer, '--initial-advertise-peer-urls', peer, '--initial-cluster', `e2e=${peer}`],
  ];
  const isReady = async () => (await fetch(`${url}/health`)).ok;
  return startServerProgram({ program: findTool('etcd') ?? '', args, env: ENV, isReady });
}

interface ApiServer {
  readonly etcd: string;
  readonly port: number;
  readonly pki: string;
  readonly watchCache: boolean;
}

function apiServerArgs({ etcd, port, pki, watchCache }: ApiServer): readonly string[] {
  const key = join(pki, 'sa.key');
  return [
    ...['--etcd-servers', etcd, '--bind-address', '127.0.0.1', '--advertise-address', '127.0.0.1'],
    ...['--secure-port', String(port), '--cert-dir', pki, '--token-auth-file', join(pki, 'tokens.csv')],
    ...['--authorization-mode', 'RBAC', '--service-account-issuer', 'https://kubernetes.default.svc'],
    ...['--service-account-key-file', key, '--service-account-signing-key-file', key],
    ...['--service-cluster-ip-range', '10.96.0.0/16', '--endpoint-reconciler-type', 'none'],
    `--watch-cache=${watchCache}`,
  ];
}

function startControllerManager(
  kubeconfig: string,
  pki: string,
  isThere: (path: string) => Promise<boolean>,
): Promise<AsyncDisposable> {
  const args = [
    ...['--kubeconfig', kubeconfig, '--leader-elect=false', '--bind-address', '127.0.0.1', '--secure-port', '0'],
    ...['--service-account-private-key-file', join(pki, 'sa.key'), '--root-ca-file', join(pki, 'apiserver.crt')],
  ];
  return startServerProgram({
    program: findTool('kube-controller-manager') ?? '',
    args,
    env: ENV,
    isReady: () => isThere('/api/v1/namespaces/default/serviceaccounts/default'),
  });
}

/** Argo CD's kinds and ours. */
async function crdsOfAll(): Promise<readonly Record<string, unknown>[]> {
  const theirs = (await readdir(argocdCrds)).filter((name) => name.endsWith('-crd.yaml'));
  const files = [...theirs.map((name) => join(argocdCrds, name)), join(OURS, 'imageupdaters.yaml')];
  return await Promise.all(files.map(async (file) => parse(await readFile(file, 'utf8'))));
}

function accountWith(namespace: string, name: string, rules: readonly Rule[], where: string) {
  const api = 'rbac.authorization.k8s.io';
  const apiVersion = `${api}/v1`;
  const [role, binding] = where === '*' ? ['ClusterRole', 'ClusterRoleBinding'] : ['Role', 'RoleBinding'];
  const metadata =
    where === '*' ? { name: `${namespace}-${name}` } : { name: `${namespace}-${name}`, namespace: where };
  const subjects = [{ kind: 'ServiceAccount', namespace, name }];
  const roleRef = { apiGroup: api, kind: role, name: metadata.name };
  return [
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { namespace, name } },
    { apiVersion, kind: role, metadata, rules },
    { apiVersion, kind: binding, metadata, subjects, roleRef },
  ];
}

/** Where an object lies: names of resources are the kind's, in lower case and plural. */
function pathOf(object: Record<string, unknown>): string {
  const [apiVersion, kind] = [String(object['apiVersion']), String(object['kind'])];
  const { namespace, name } = Object(object['metadata']);
  const root = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
  return `${root}${namespace ? `/namespaces/${namespace}` : ''}/${kind.toLowerCase().replace(/y$/, 'ie')}s/${name}`;
}

function textField(document: unknown, name: string): string {
  const value: unknown = Object.entries(document ?? {}).find(([key]) => key === name)?.[1];
  if (typeof value !== 'string') throw new Error(`the API server's answer has no ${name}`);
  return value;
}

function kubeconfigText(server: string, caFile: string, token: string, namespace?: string): string {
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'e2e',
    contexts: [{ name: 'e2e', context: { cluster: 'e2e', user: 'e2e', ...(namespace && { namespace }) } }],
    clusters: [{ name: 'e2e', cluster: { server, 'certificate-authority': caFile } }],
    users: [{ name: 'e2e', user: { token } }],
  });
}
