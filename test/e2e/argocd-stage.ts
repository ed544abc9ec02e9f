import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { expect } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { COMPILED, MAIN, runTiphys, startWorld, type World } from '../support/world.ts';
import { startArgocd } from './argocd.ts';
import type { Rule } from './kube.ts';

/** All that writing to Applications needs; ApplicationSets are optional. */
export const RULES: readonly Rule[] = [
  { apiGroups: ['argoproj.io'], resources: ['applications'], verbs: ['get', 'list', 'watch', 'patch'] },
  { apiGroups: ['argoproj.io'], resources: ['appprojects'], verbs: ['list', 'watch'] },
  { apiGroups: [''], resources: ['secrets', 'configmaps'], verbs: ['get', 'list', 'watch'] },
  { apiGroups: [''], resources: ['events'], verbs: ['create'] },
  {
    apiGroups: ['argocd-image-updater.argoproj.io'],
    resources: ['imageupdaters'],
    verbs: ['get', 'list', 'watch'],
  },
];

/** What fails in passing is no part of any test. */
const RETRY = { limit: 5, backoff: { duration: '1s', maxDuration: '5s' } };

/** A real Argo CD, a registry and a Git server, and Tiphys among them. */
export type ArgocdStage = Awaited<ReturnType<typeof openArgocdStage>>;

/** @param files  of the repository that Applications are deployed from; `$host` is the registry's */
export async function openArgocdStage(files: Readonly<Record<string, string>>) {
  await using stack = new AsyncDisposableStack();
  const [argocd, world] = await Promise.all([startArgocd(), startWorld()]);
  stack.use(argocd);
  stack.use(world);
  const placed = Object.entries(files).map(([path, text]): [string, string] => [path, inPlace(world, text)]);
  const deploy = await world.repository('deploy.git', new Map(placed));
  const owned = stack.move();

  function application(name: string, source: object, annotations: object = {}) {
    return {
      apiVersion: 'argoproj.io/v1alpha1',
      kind: 'Application',
      metadata: { namespace: 'argocd', name, annotations },
      spec: {
        project: 'default',
        destination: { server: 'https://kubernetes.default.svc', namespace: name },
        source: { repoURL: deploy.url, targetRevision: 'main', ...source },
        syncPolicy: { automated: { prune: true, selfHeal: true }, syncOptions: ['CreateNamespace=true'], retry: RETRY },
      },
    };
  }

  /** Synced by an operation that is over, and healthy, and perhaps running this image. */
  async function settled(name: string, running?: string) {
    await eventually(async () => {
      const { status } = await argocd.application(name);
      const { sync, health, operationState, summary, conditions } = Object(status);
      const state = { sync: sync?.status, health: health?.status, operation: operationState?.phase, conditions };
      expect(state).toEqual({ sync: 'Synced', health: 'Healthy', operation: 'Succeeded' });
      if (running !== undefined) expect(summary?.images).toEqual([running]);
    });
  }

  function started(env: Readonly<Record<string, string>>, args: readonly string[]) {
    return runTiphys([...args, ...state(world)], world.folder, { HOME: world.folder, ...env });
  }

  /** `run` until `work` is done. */
  async function whileFollowing(
    env: Readonly<Record<string, string>>,
    args: readonly string[],
    work: (said: () => string) => Promise<void>,
  ): Promise<void> {
    const all = [MAIN, 'run', '--health-probe-bind-address', '0', ...args, ...state(world)];
    const surroundings = { HOME: world.folder, PATH: process.env['PATH'] ?? '', ...COMPILED, ...env };
    const child = spawn(process.execPath, all, { env: surroundings, stdio: ['ignore', 'pipe', 'pipe'] });
    let said = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        said += text;
      });
    }
    const ended = once(child, 'close');
    try {
      await work(() => said);
    } finally {
      child.kill('SIGTERM');
      expect(await ended, said).toEqual([0, null]);
    }
  }

  return {
    ...{ argocd, world, deploy, application, settled, started },
    image: (tag: string) => `${world.registry.host}/acme/web:${tag}`,
    async deployed(name: string, path: string, annotations: object = {}) {
      await argocd.kube.apply(application(name, { path }, annotations));
      await settled(name);
    },
    /** Tracks acme/web as the alias `web`. */
    tracking(more: object = {}) {
      const prefix = 'argocd-image-updater.argoproj.io';
      return { [`${prefix}/image-list`]: `web=${world.registry.host}/acme/web:1.x`, ...more };
    },
    async tiphys(...args: readonly string[]) {
      await argocd.kube.allow('argocd', 'tiphys', RULES);
      return await started({ KUBECONFIG: await argocd.kube.kubeconfigFor('argocd', 'tiphys') }, args);
    },
    /** The same over Argo CD's own API, with no way into the cluster. */
    tiphysByApi(...args: readonly string[]) {
      return started({ ARGOCD_TOKEN: argocd.token }, [...args, ...byApi(argocd.address)]);
    },
    /** `run` over that API until `work` is done. */
    whileFollowingByApi(args: readonly string[], work: () => Promise<void>): Promise<void> {
      return whileFollowing({ ARGOCD_TOKEN: argocd.token }, [...args, ...byApi(argocd.address)], work);
    },
    whileFollowing,
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

export function byApi(address: string): readonly string[] {
  return ['--applications-api', 'argocd', '--argocd-server-addr', address, '--argocd-plaintext'];
}

function state({ folder }: World): readonly string[] {
  return ['--state-dir', join(folder, 'state')];
}

function inPlace({ registry }: World, text: string): string {
  return text.replaceAll('$host', registry.host);
}

/**
 * A manifest with Pods of one container.
 * @param deadline  in seconds, after which a roll-out that does not progress is degraded
 */
export function workload(kind: string, image: string, replicas: number, deadline = 600): string {
  return `apiVersion: apps/v1
kind: ${kind}
metadata: {name: web}
spec:
  replicas: ${replicas}
  progressDeadlineSeconds: ${deadline}
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: web, image: "${image}"}]}
`;
}
