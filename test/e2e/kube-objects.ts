import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { parse } from 'yaml';
import { type KubernetesClient, openClient } from '../../src/kubernetes/client.ts';
import type { ClusterSourceOptions } from '../../src/kubernetes/cluster-source.ts';
import { readKubeconfig } from '../../src/kubernetes/kubeconfig.ts';
import type { Rule } from './kube.ts';

const APPLICATIONS = ['argoproj.io'];
const UPDATERS = ['argocd-image-updater.argoproj.io'];

/** Reading of what is ours, and nothing more. */
export const READ: readonly Rule[] = [
  { apiGroups: APPLICATIONS, resources: ['applications', 'appprojects'], verbs: ['list', 'watch'] },
  { apiGroups: UPDATERS, resources: ['imageupdaters'], verbs: ['list', 'watch'] },
];

export const around = {
  nowMs: () => Date.now(),
  random: Math.random,
  sleep: (ms: number, signal: AbortSignal) => sleep(ms, undefined, { signal }),
};

/** The client, as a kubeconfig says; perhaps by another way to the same server. */
export async function clientOf(kubeconfig: string, server?: string): Promise<KubernetesClient> {
  const config = await readKubeconfig({ path: kubeconfig, context: undefined, env: {}, home: homedir() });
  if (!config) throw new Error('no kubeconfig');
  return openClient({ ...config, ...(server === undefined ? {} : { server }) }, { ...around, env: process.env });
}

export function sourceOptions(more: Partial<ClusterSourceOptions> = {}): ClusterSourceOptions {
  return {
    namespaces: () => ['argocd'],
    argocdNamespace: () => 'argocd',
    repositorySecrets: false,
    wellKnown: { configMaps: [], secrets: [] },
    texts: [],
    ...more,
  };
}

/** An AppProject from which anything may go anywhere. */
export function openProject(namespace = 'argocd', name = 'default', more: object = {}) {
  const spec = { sourceRepos: ['*'], destinations: [{ server: '*', namespace: '*' }], ...more };
  return { apiVersion: 'argoproj.io/v1alpha1', kind: 'AppProject', metadata: { namespace, name }, spec };
}

export function application(name: string, { namespace = 'argocd', project = 'default', annotations = {} } = {}) {
  return {
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'Application',
    metadata: { namespace, name, annotations },
    spec: {
      project,
      destination: { server: 'https://kubernetes.default.svc', namespace: 'shop' },
      source: { repoURL: 'https://git.example/shop.git', path: 'deploy' },
    },
  };
}

export function imageUpdater(name: string, spec: object, namespace = 'argocd') {
  const apiVersion = 'argocd-image-updater.argoproj.io/v1alpha1';
  return { apiVersion, kind: 'ImageUpdater', metadata: { namespace, name }, spec };
}

export async function tokenIn(kubeconfig: string): Promise<string> {
  return parse(await readFile(kubeconfig, 'utf8')).users[0].user.token;
}
