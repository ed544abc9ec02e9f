import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { liveApplications } from '../../src/kubernetes/live-applications.ts';
import { eventually } from '../support/eventually.ts';
import { ARGOCD_TOOLS } from './argocd.ts';
import { type ArgocdStage, openArgocdStage, RULES, workload } from './argocd-stage.ts';
import { clientOf, imageUpdater } from './kube-objects.ts';
import { lacking } from './tools.ts';

const SIGNAL = new AbortController().signal;
const lacks = lacking(...ARGOCD_TOOLS);

const WEB = workload('Deployment', '$host/acme/web:1.0.0', 2);
const GROUP = 'argocd-image-updater.argoproj.io';
const HELM_NAME = { [`${GROUP}/web.helm.image-name`]: 'image.name' };
const KUSTOMIZATION = 'resources: [deployment.yaml]\n';
const FILES = {
  'kustomize/deployment.yaml': WEB,
  'kustomize/kustomization.yaml': KUSTOMIZATION,
  'chart/Chart.yaml': 'apiVersion: v2\nname: web\nversion: 0.1.0\n',
  'chart/values.yaml': 'image: {name: $host/acme/web, tag: 1.0.0}\n',
  'chart/templates/deployment.yaml': workload('Deployment', '{{ .Values.image.name }}:{{ .Values.image.tag }}', 1),
  'several.yaml': 'replicas: 1\n',
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
  });
  afterAll(() => stage?.[Symbol.asyncDispose]());

  test('what is written to Applications is synced and healthy', async () => {
    await Promise.all([
      stage.deployed('kustomized', 'kustomize', stage.tracking()),
      stage.deployed('charted', 'chart', stage.tracking(HELM_NAME)),
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
  });

  test('of several sources the one that is meant is written, and synced', async () => {
    const made = stage.application('several', {}, stage.tracking());
    const { source, ...spec } = made.spec;
    const sources = [
      { ...source, ref: 'deploy' },
      { ...source, path: 'chart', helm: { valueFiles: ['$deploy/several.yaml'] } },
    ];
    await stage.argocd.kube.apply({ ...made, spec: { ...spec, sources } });
    await stage.settled('several', stage.image('1.0.0'));
    expect(await stage.tiphys('run', '--once', '--match-application-name', 'several')).toMatchObject({ code: 0 });
    await stage.settled('several', stage.image('1.1.0'));
    const { spec: written } = await stage.argocd.application('several');
    const parameter = { name: 'image.tag', value: '1.1.0', forceString: true };
    expect(written).toMatchObject({ sources: [sources[0], { helm: { parameters: [parameter] } }] });
  });

  test("variables of a plugin, and the hydrator's dry source where Argo CD knows its fields", async () => {
    const env = [
      { name: 'IMAGE', value: stage.image('1.0.0') },
      { name: 'REPLICAS', value: '1' },
    ];
    const plugged = stage.application('plugged', { path: 'asleep', plugin: { name: 'none', env } });
    const made = stage.application('hydrated', { path: 'kustomize' });
    const { source: drySource, ...spec } = made.spec;
    const sourceHydrator = { drySource, syncSource: { targetBranch: 'env/prod', path: 'kustomize' } };
    const image = { alias: 'web', imageName: `${stage.world.registry.host}/acme/web:1.x` };
    const applicationRefs = [
      { namePattern: 'hydrated', images: [image] },
      { namePattern: 'plugged', images: [{ ...image, manifestTargets: { plugin: { spec: 'IMAGE' } } }] },
    ];
    const updater = imageUpdater('both', { applicationRefs });
    await stage.argocd.kube.apply(plugged, { ...made, spec: { ...spec, sourceHydrator } }, updater);
    const status = { apiGroups: [GROUP], resources: ['imageupdaters/status'], verbs: ['patch'] };
    await stage.argocd.kube.allow('argocd', 'telling', [...RULES, status]);
    const telling = { KUBECONFIG: await stage.argocd.kube.kubeconfigFor('argocd', 'telling') };
    const once = () => stage.started(telling, ['run', '--once', '--match-application-name', 'plugged,hydrated']);
    // The definition of this release drops what it does not know, without a word.
    expect(await once()).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('leaves spec.sourceHydrator.drySource.kustomize.images out'),
    });
    expect(await stage.argocd.application('plugged')).toMatchObject({
      spec: { source: { plugin: { env: [{ name: 'IMAGE', value: stage.image('1.1.0') }, env[1]] } } },
    });
    await stage.argocd.kube.admin('PATCH', DEFINITION, [KEEP_DRY_SOURCE], 'application/json-patch+json');
    await eventually(async () => expect(await once()).toMatchObject({ code: 0, stderr: '' }));
    expect(await stage.argocd.application('hydrated')).toMatchObject({
      spec: { sourceHydrator: { drySource: { kustomize: { images: [stage.image('1.1.0')] } } } },
    });
    await stage.argocd.kube.admin('DELETE', `/apis/${GROUP}/v1alpha1/namespaces/argocd/imageupdaters/both`);
  });

  test('what is pushed is looked at without waiting for the next polling of Git', async () => {
    const prefix = 'argocd-image-updater.argoproj.io';
    const git = { [`${prefix}/write-back-method`]: 'git', [`${prefix}/write-back-target`]: 'kustomization' };
    await stage.deployed('pushed', 'pushed', stage.tracking(git));
    expect(await stage.tiphys('run', '--once', '--match-application-name', 'pushed')).toMatchObject({ code: 0 });
    expect(await stage.world.gitIn(stage.deploy.path, 'show', 'main:pushed/kustomization.yaml')).toContain('1.1.0');
    await stage.settled('pushed', stage.image('1.1.0'));
  });

  test('a test for null holds for what is not there, and for nothing else', async () => {
    await stage.deployed('tested', 'kustomize');
    await stage.argocd.kube.allow('argocd', 'patcher', RULES);
    await using client = await clientOf(await stage.argocd.kube.kubeconfigFor('argocd', 'patcher'));
    const live = liveApplications(client);
    const key = { namespace: 'argocd', name: 'tested' };
    const absent = { op: 'test', path: '/spec/source/kustomize', value: null } as const;
    const add = { op: 'add', path: '/spec/source/kustomize', value: { images: [stage.image('1.0.0')] } } as const;
    expect(await live.patch(key, [absent, add], SIGNAL)).toMatchObject({ kind: 'patched', object: { metadata: key } });
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
  });
});

const DEFINITION = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions/applications.argoproj.io';
const HYDRATOR = '/spec/versions/0/schema/openAPIV3Schema/properties/spec/properties/sourceHydrator';
const KEEP_DRY_SOURCE = {
  op: 'add',
  path: `${HYDRATOR}/properties/drySource/x-kubernetes-preserve-unknown-fields`,
  value: true,
};
