import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { liveApplications } from '../../src/kubernetes/live-applications.ts';
import { COMPILED, run, startWorld, type World } from '../support/world.ts';
import { ARGOCD_TOOLS, type Argocd, startArgocd } from './argocd.ts';
import type { Rule } from './kube.ts';
import { clientOf, eventually } from './kube-objects.ts';
import { lacking } from './tools.ts';

const SIGNAL = new AbortController().signal;
const MAIN = join(import.meta.dirname, '../../src/main.ts');
const lacks = lacking(...ARGOCD_TOOLS);

/** All that writing to Applications needs; ApplicationSets are optional. */
const RULES: readonly Rule[] = [
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

describe.skipIf(lacks !== '')(`a real Argo CD ${lacks}`, () => {
  let argocd: Argocd;
  let world: World;
  let deploy: { readonly path: string; readonly url: string };
  const image = (tag: string) => `${world.registry.host}/acme/web:${tag}`;

  beforeAll(async () => {
    [argocd, world] = await Promise.all([startArgocd(), startWorld()]);
    world.putTags('acme/web', '1.0.0', '1.1.0');
    const deployment = workload('Deployment', image('1.0.0'), 2);
    const chart = workload('Deployment', '{{ .Values.image.name }}:{{ .Values.image.tag }}', 1);
    const files = new Map([
      ['kustomize/deployment.yaml', deployment],
      ['kustomize/kustomization.yaml', 'resources: [deployment.yaml]\n'],
      ['chart/Chart.yaml', 'apiVersion: v2\nname: web\nversion: 0.1.0\n'],
      ['chart/values.yaml', `image: {name: ${world.registry.host}/acme/web, tag: 1.0.0}\n`],
      ['chart/templates/deployment.yaml', chart],
      ['asleep/kustomization.yaml', 'resources: [deployment.yaml]\n'],
      ['asleep/deployment.yaml', workload('Deployment', image('1.0.0'), 0)],
    ]);
    deploy = await world.repository('deploy.git', files);
  }, 120_000);
  afterAll(async () => {
    await world?.[Symbol.asyncDispose]();
    await argocd?.[Symbol.asyncDispose]();
  });

  async function deployed(name: string, path: string, annotations: object = {}, source: object = {}) {
    await argocd.kube.apply(
      application(name, { repoURL: deploy.url, path, targetRevision: 'main', ...source }, annotations),
    );
    await settled(name);
  }

  function application(name: string, source: object, annotations: object) {
    return {
      apiVersion: 'argoproj.io/v1alpha1',
      kind: 'Application',
      metadata: { namespace: 'argocd', name, annotations },
      spec: {
        project: 'default',
        destination: { server: 'https://kubernetes.default.svc', namespace: name },
        source,
        syncPolicy: { automated: { prune: true, selfHeal: true }, syncOptions: ['CreateNamespace=true'] },
      },
    };
  }

  /** Synced and healthy, and perhaps running this image. */
  async function settled(name: string, running?: string) {
    await eventually(async () => {
      const { status } = await argocd.application(name);
      const { sync, health, summary, conditions } = Object(status);
      const state = { sync: sync?.status, health: health?.status, conditions };
      expect(state).toEqual({ sync: 'Synced', health: 'Healthy' });
      if (running !== undefined) expect(summary?.images).toEqual([running]);
    });
  }

  const OURS = (more: object = {}) => {
    const prefix = 'argocd-image-updater.argoproj.io';
    return { [`${prefix}/image-list`]: `web=${world.registry.host}/acme/web:1.x`, ...more };
  };

  async function tiphys(...args: readonly string[]) {
    await argocd.kube.allow('argocd', 'tiphys', RULES);
    const kubeconfig = await argocd.kube.kubeconfigFor('argocd', 'tiphys');
    const env = { HOME: world.folder, PATH: process.env['PATH'] ?? '', KUBECONFIG: kubeconfig, ...COMPILED };
    const state = ['--state-dir', join(world.folder, 'state')];
    return await run(process.execPath, [MAIN, ...args, ...state], world.folder, env);
  }

  test('what is written to Applications is synced and healthy', async () => {
    const helm = { 'argocd-image-updater.argoproj.io/web.helm.image-name': 'image.name' };
    await Promise.all([
      deployed('kustomized', 'kustomize', OURS()),
      deployed('charted', 'chart', OURS(helm)),
      deployed('asleep', 'asleep', OURS()),
    ]);
    const explained = await tiphys('explain', 'asleep');
    expect(explained.stdout).toContain(`status.operationState.syncResult: 1.0.0`);
    const planned = await tiphys('plan');
    expect(planned.stdout).toContain(`+- ${image('1.1.0')}`);
    const { code, stdout, stderr } = await tiphys('run', '--once');
    expect({ code, stderr }).toMatchObject({ code: 0, stderr: expect.not.stringContaining('warning') });
    expect(stdout).toContain('argocd/kustomized');
    await settled('kustomized', image('1.1.0'));
    await settled('charted', image('1.1.0'));
    await settled('asleep');
    expect(await argocd.application('kustomized')).toMatchObject({
      spec: { source: { kustomize: { images: [image('1.1.0')] } } },
    });
    expect(await argocd.application('charted')).toMatchObject({
      spec: {
        source: {
          helm: {
            parameters: expect.arrayContaining([
              { name: 'image.tag', value: '1.1.0', forceString: true },
              { name: 'image.name', value: `${world.registry.host}/acme/web`, forceString: true },
            ]),
          },
        },
      },
    });
    expect(await tiphys('plan', '--exit-code')).toMatchObject({ code: 0 });
  }, 120_000);

  test('a test for null holds for what is not there, and for nothing else', async () => {
    await deployed('tested', 'kustomize');
    await argocd.kube.allow('argocd', 'patcher', RULES);
    await using client = await clientOf(await argocd.kube.kubeconfigFor('argocd', 'patcher'));
    const live = liveApplications(client);
    const key = { namespace: 'argocd', name: 'tested' };
    const absent = { op: 'test', path: '/spec/source/kustomize', value: null } as const;
    const add = { op: 'add', path: '/spec/source/kustomize', value: { images: [image('1.0.0')] } } as const;
    expect(await live.patch(key, [absent, add], SIGNAL)).toEqual({ kind: 'patched' });
    expect(await live.patch(key, [absent, add], SIGNAL)).toEqual({ kind: 'test-failed' });
    expect(await live.application(key, SIGNAL)).toMatchObject({ metadata: { name: 'tested' } });
    expect(await live.application({ ...key, name: 'gone' }, SIGNAL)).toBeUndefined();
    expect(await live.applicationSet({ ...key, name: 'none' }, SIGNAL)).toBeUndefined();
    expect(await live.refresh(key, SIGNAL)).toBe('asked');
    expect(await live.refresh({ ...key, name: 'gone' }, SIGNAL)).toBe('gone');
    // Argo CD takes it away once it has looked.
    await eventually(async () => {
      const { metadata } = await argocd.application('tested');
      expect(Object(metadata).annotations?.['argocd.argoproj.io/refresh']).toBeUndefined();
    });
  }, 60_000);
});

function workload(kind: string, image: string, replicas: number): string {
  return `apiVersion: apps/v1
kind: ${kind}
metadata: {name: web}
spec:
  replicas: ${replicas}
  progressDeadlineSeconds: 5
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: web, image: "${image}"}]}
`;
}
