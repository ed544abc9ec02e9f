import { spawn } from 'node:child_process';
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

const BY_API = (address: string) => {
  return ['--applications-api', 'argocd', '--argocd-server-addr', address, '--argocd-plaintext'];
};

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
      ['pushed/deployment.yaml', deployment],
      ['pushed/kustomization.yaml', 'resources: [deployment.yaml]\n'],
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
    return await started({ KUBECONFIG: await argocd.kube.kubeconfigFor('argocd', 'tiphys') }, args);
  }

  /** The same over Argo CD's own API, with no way into the cluster. */
  function tiphysByApi(...args: readonly string[]) {
    return started({ ARGOCD_TOKEN: argocd.token }, [...args, ...BY_API(argocd.address)]);
  }

  function started(env: Readonly<Record<string, string>>, args: readonly string[]) {
    const all = { HOME: world.folder, PATH: process.env['PATH'] ?? '', ...COMPILED, ...env };
    const state = ['--state-dir', join(world.folder, 'state')];
    return run(process.execPath, [MAIN, ...args, ...state], world.folder, all);
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

  test('what is pushed is looked at without waiting for the next polling of Git', async () => {
    const prefix = 'argocd-image-updater.argoproj.io';
    const git = { [`${prefix}/write-back-method`]: 'git', [`${prefix}/write-back-target`]: 'kustomization' };
    await deployed('pushed', 'pushed', OURS(git));
    expect(await tiphys('run', '--once', '--match-application-name', 'pushed')).toMatchObject({ code: 0 });
    expect(await world.gitIn(deploy.path, 'show', 'main:pushed/kustomization.yaml')).toContain('1.1.0');
    await settled('pushed', image('1.1.0'));
  }, 120_000);

  test("the same over Argo CD's own API", async () => {
    const fields = { 'argocd-image-updater.argoproj.io/web.update-strategy': 'semver' };
    await Promise.all([deployed('remote', 'kustomize', OURS(fields)), deployed('sleepy', 'asleep', OURS(fields))]);
    const { code, stdout, stderr } = await tiphysByApi('run', '--once', '--match-application-name', 'remote');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain('updated argocd/remote web');
    await settled('remote', image('1.1.0'));
    const explained = await tiphysByApi('explain', 'sleepy');
    expect(explained.stdout).toContain('status.operationState.syncResult: 1.0.0');
  }, 120_000);

  test("what changes is heard of by Argo CD's stream, long before the interval is over", async () => {
    await Promise.all([deployed('followed', 'kustomize', OURS()), deployed('joining', 'kustomize')]);
    const args = [...['run', '--interval', '1h', '--match-application-name', '*ed,joining'], ...BY_API(argocd.address)];
    const env = { HOME: world.folder, PATH: process.env['PATH'] ?? '', ARGOCD_TOKEN: argocd.token, ...COMPILED };
    const state = ['--state-dir', join(world.folder, 'state')];
    const child = spawn(process.execPath, [MAIN, ...args, ...state], { env, stdio: 'ignore' });
    const ended = new Promise((done) => child.once('close', done));
    try {
      await settled('followed', image('1.1.0'));
      await argocd.kube.apply(application('joining', { repoURL: deploy.url, path: 'kustomize' }, OURS()));
      await settled('joining', image('1.1.0'));
    } finally {
      child.kill('SIGTERM');
      await ended;
    }
  }, 120_000);

  test('what an account may not do is named as a line of its policy', async () => {
    await deployed('guarded', 'kustomize', OURS());
    await argocd.setPolicy('p, role:updater, applications, get, */*, allow');
    await eventually(async () => {
      const { code, stdout, stderr } = await tiphysByApi('run', '--once', '--match-application-name', 'guarded');
      expect(code).toBe(2);
      expect(stdout + stderr).toContain('p, tiphys, applications, update, default/guarded, allow');
    });
    const wrong = await started({ ARGOCD_TOKEN: 'wrong' }, ['plan', ...BY_API(argocd.address)]);
    expect(wrong).toMatchObject({ code: 2, stderr: expect.stringContaining('ARGOCD_UNAUTHORIZED') });
  }, 120_000);

  test('an ApplicationSet that would set it back is named, and left alone where it ignores the field', async () => {
    const set = { apiVersion: 'argoproj.io/v1alpha1', kind: 'ApplicationSet' };
    await argocd.kube.apply({ ...set, metadata: { namespace: 'argocd', name: 'all' }, spec: SET });
    const path = '/apis/argoproj.io/v1alpha1/namespaces/argocd/applicationsets/all';
    const { uid } = Object((await argocd.kube.admin('GET', path))['metadata']);
    const object = application('generated', { repoURL: deploy.url, path: 'kustomize' }, OURS());
    const ownerReferences = [{ ...set, name: 'all', uid }];
    await argocd.kube.apply({ ...object, metadata: { ...object.metadata, ownerReferences } });
    await settled('generated');
    await argocd.kube.allow('argocd', 'sets', [
      ...RULES,
      { apiGroups: ['argoproj.io'], resources: ['applicationsets'], verbs: ['get'] },
    ]);
    const env = { KUBECONFIG: await argocd.kube.kubeconfigFor('argocd', 'sets') };
    const refused = await started(env, ['plan', '--match-application-name', 'generated']);
    expect(refused.stdout + refused.stderr).toContain('APPLICATION_MANAGED');
    const unreadable = await tiphys('plan', '--match-application-name', 'generated');
    expect(unreadable).toMatchObject({ code: 0, stdout: expect.stringContaining(`+- ${image('1.1.0')}`) });
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

const SET = {
  generators: [{ list: { elements: [] } }],
  template: {
    metadata: { name: 'x' },
    spec: { project: 'default', destination: {}, source: { repoURL: 'https://x' } },
  },
};

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
