import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { liveApplications } from '../../src/kubernetes/live-applications.ts';
import { ARGOCD_TOOLS } from './argocd.ts';
import { type ArgocdStage, openArgocdStage, RULES, workload } from './argocd-stage.ts';
import { clientOf, eventually } from './kube-objects.ts';
import { lacking } from './tools.ts';

const SIGNAL = new AbortController().signal;
const lacks = lacking(...ARGOCD_TOOLS);

const WEB = workload('Deployment', '$host/acme/web:1.0.0', 2);
const KUSTOMIZATION = 'resources: [deployment.yaml]\n';
const FILES = {
  'kustomize/deployment.yaml': WEB,
  'kustomize/kustomization.yaml': KUSTOMIZATION,
  'chart/Chart.yaml': 'apiVersion: v2\nname: web\nversion: 0.1.0\n',
  'chart/values.yaml': 'image: {name: $host/acme/web, tag: 1.0.0}\n',
  'chart/templates/deployment.yaml': workload('Deployment', '{{ .Values.image.name }}:{{ .Values.image.tag }}', 1),
  'pushed/deployment.yaml': WEB,
  'pushed/kustomization.yaml': KUSTOMIZATION,
  'asleep/kustomization.yaml': KUSTOMIZATION,
  'asleep/deployment.yaml': workload('Deployment', '$host/acme/web:1.0.0', 0),
};

describe.skipIf(lacks !== '')(`a real Argo CD ${lacks}`, () => {
  let stage: ArgocdStage;
  beforeAll(async () => {
    stage = await openArgocdStage(FILES);
    stage.world.putTags('acme/web', '1.0.0', '1.1.0');
  }, 120_000);
  afterAll(() => stage?.[Symbol.asyncDispose]());

  test('what is written to Applications is synced and healthy', async () => {
    const helm = { 'argocd-image-updater.argoproj.io/web.helm.image-name': 'image.name' };
    await Promise.all([
      stage.deployed('kustomized', 'kustomize', stage.tracking()),
      stage.deployed('charted', 'chart', stage.tracking(helm)),
      stage.deployed('asleep', 'asleep', stage.tracking()),
    ]);
    const explained = await stage.tiphys('explain', 'asleep');
    expect(explained.stdout).toContain(`status.operationState.syncResult: 1.0.0`);
    const planned = await stage.tiphys('plan');
    expect(planned.stdout).toContain(`+- ${stage.image('1.1.0')}`);
    const { code, stdout, stderr } = await stage.tiphys('run', '--once');
    expect({ code, stderr }).toMatchObject({ code: 0, stderr: expect.not.stringContaining('warning') });
    expect(stdout).toContain('argocd/kustomized');
    await stage.settled('kustomized', stage.image('1.1.0'));
    await stage.settled('charted', stage.image('1.1.0'));
    await stage.settled('asleep');
    expect(await stage.argocd.application('kustomized')).toMatchObject({
      spec: { source: { kustomize: { images: [stage.image('1.1.0')] } } },
    });
    expect(await stage.argocd.application('charted')).toMatchObject({
      spec: {
        source: {
          helm: {
            parameters: expect.arrayContaining([
              { name: 'image.tag', value: '1.1.0', forceString: true },
              { name: 'image.name', value: `${stage.world.registry.host}/acme/web`, forceString: true },
            ]),
          },
        },
      },
    });
    expect(await stage.tiphys('plan', '--exit-code')).toMatchObject({ code: 0 });
  }, 120_000);

  test('what is pushed is looked at without waiting for the next polling of Git', async () => {
    const prefix = 'argocd-image-updater.argoproj.io';
    const git = { [`${prefix}/write-back-method`]: 'git', [`${prefix}/write-back-target`]: 'kustomization' };
    await stage.deployed('pushed', 'pushed', stage.tracking(git));
    expect(await stage.tiphys('run', '--once', '--match-application-name', 'pushed')).toMatchObject({ code: 0 });
    expect(await stage.world.gitIn(stage.deploy.path, 'show', 'main:pushed/kustomization.yaml')).toContain('1.1.0');
    await stage.settled('pushed', stage.image('1.1.0'));
  }, 120_000);

  test('an ApplicationSet that would set it back is named, and left alone where it ignores the field', async () => {
    const set = { apiVersion: 'argoproj.io/v1alpha1', kind: 'ApplicationSet' };
    await stage.argocd.kube.apply({ ...set, metadata: { namespace: 'argocd', name: 'all' }, spec: SET });
    const path = '/apis/argoproj.io/v1alpha1/namespaces/argocd/applicationsets/all';
    const { uid } = Object((await stage.argocd.kube.admin('GET', path))['metadata']);
    const object = stage.application('generated', { path: 'kustomize' }, stage.tracking());
    const ownerReferences = [{ ...set, name: 'all', uid }];
    await stage.argocd.kube.apply({ ...object, metadata: { ...object.metadata, ownerReferences } });
    await stage.settled('generated');
    await stage.argocd.kube.allow('argocd', 'sets', [
      ...RULES,
      { apiGroups: ['argoproj.io'], resources: ['applicationsets'], verbs: ['get'] },
    ]);
    const env = { KUBECONFIG: await stage.argocd.kube.kubeconfigFor('argocd', 'sets') };
    const refused = await stage.started(env, ['plan', '--match-application-name', 'generated']);
    expect(refused.stdout + refused.stderr).toContain('APPLICATION_MANAGED');
    const unreadable = await stage.tiphys('plan', '--match-application-name', 'generated');
    expect(unreadable).toMatchObject({ code: 0, stdout: expect.stringContaining(`+- ${stage.image('1.1.0')}`) });
  }, 120_000);

  test('a test for null holds for what is not there, and for nothing else', async () => {
    await stage.deployed('tested', 'kustomize');
    await stage.argocd.kube.allow('argocd', 'patcher', RULES);
    await using client = await clientOf(await stage.argocd.kube.kubeconfigFor('argocd', 'patcher'));
    const live = liveApplications(client);
    const key = { namespace: 'argocd', name: 'tested' };
    const absent = { op: 'test', path: '/spec/source/kustomize', value: null } as const;
    const add = { op: 'add', path: '/spec/source/kustomize', value: { images: [stage.image('1.0.0')] } } as const;
    expect(await live.patch(key, [absent, add], SIGNAL)).toEqual({ kind: 'patched' });
    expect(await live.patch(key, [absent, add], SIGNAL)).toEqual({ kind: 'test-failed' });
    expect(await live.application(key, SIGNAL)).toMatchObject({ metadata: { name: 'tested' } });
    expect(await live.application({ ...key, name: 'gone' }, SIGNAL)).toBeUndefined();
    expect(await live.applicationSet({ ...key, name: 'none' }, SIGNAL)).toBeUndefined();
    expect(await live.refresh(key, SIGNAL)).toBe('asked');
    expect(await live.refresh({ ...key, name: 'gone' }, SIGNAL)).toBe('gone');
    // Argo CD takes it away once it has looked.
    await eventually(async () => {
      const { metadata } = await stage.argocd.application('tested');
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
