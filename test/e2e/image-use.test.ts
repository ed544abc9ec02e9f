import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { ARGOCD_TOOLS } from './argocd.ts';
import { type ArgocdStage, openArgocdStage, workload } from './argocd-stage.ts';
import { lacking } from './tools.ts';

const lacks = lacking(...ARGOCD_TOOLS);

const PREFIX = 'argocd-image-updater.argoproj.io';
/** What becomes of each image of the chart: `custom` is a custom resource's, and nothing asks for `spare`. */
const ALIASES = ['web', 'idle', 'cron', 'custom', 'spare'] as const;

const cronJob = (image: string) => `apiVersion: batch/v1
kind: CronJob
metadata: {name: cron}
spec:
  schedule: '0 0 1 1 *'
  jobTemplate: {spec: {template: {spec: {restartPolicy: Never, containers: [{name: cron, image: "${image}"}]}}}}
`;
const runner = (image: string) => `apiVersion: example.com/v1
kind: Runner
metadata: {name: custom}
spec: {containers: [{name: runner, image: "${image}"}]}
`;
const idle = (image: string) => workload('Deployment', image, 0).replaceAll('web', 'idle');
const value = (alias: string) => `{{ .Values.${alias}.name }}:{{ .Values.${alias}.tag }}`;
const stated = (alias: string) => `$host/acme/${alias}:1.0.0`;

const FILES = {
  'chart/Chart.yaml': 'apiVersion: v2\nname: web\nversion: 0.1.0\n',
  'chart/values.yaml': ALIASES.map((alias) => `${alias}: {name: $host/acme/${alias}, tag: 1.0.0}\n`).join(''),
  'chart/templates/web.yaml': workload('Deployment', value('web'), 1),
  'chart/templates/idle.yaml': idle(value('idle')),
  'chart/templates/cron.yaml': cronJob(value('cron')),
  'chart/templates/custom.yaml': runner(value('custom')),
  'kustomize/kustomization.yaml': 'resources: [web.yaml, idle.yaml, cron.yaml, custom.yaml]\n',
  'kustomize/web.yaml': workload('Deployment', stated('web'), 1),
  'kustomize/idle.yaml': idle(stated('idle')),
  'kustomize/cron.yaml': cronJob(stated('cron')),
  'kustomize/custom.yaml': runner(stated('custom')),
};

const RUNNERS = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'runners.example.com' },
  spec: {
    group: 'example.com',
    scope: 'Namespaced',
    names: { kind: 'Runner', plural: 'runners', singular: 'runner', listKind: 'RunnerList' },
    versions: [
      {
        name: 'v1',
        served: true,
        storage: true,
        schema: { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
      },
    ],
  },
};

describe.skipIf(lacks !== '')(`which images are used, by a real Argo CD ${lacks}`, () => {
  let stage: ArgocdStage;
  beforeAll(async () => {
    stage = await openArgocdStage(FILES);
    for (const alias of ALIASES) stage.world.putTags(`acme/${alias}`, '1.0.0', '1.1.0');
    await stage.argocd.kube.apply(RUNNERS);
  });
  afterAll(() => stage?.[Symbol.asyncDispose]());

  const list = () => ALIASES.map((alias) => `${alias}=${stage.world.registry.host}/acme/${alias}:1.x`).join(', ');
  const HELM_KEYS = Object.fromEntries(
    ALIASES.flatMap((alias) => [
      [`${PREFIX}/${alias}.helm.image-name`, `${alias}.name`],
      [`${PREFIX}/${alias}.helm.image-tag`, `${alias}.tag`],
    ]),
  );

  /** The rule that settled each image, and the places that name it. */
  async function explained(application: string) {
    const { stdout } = await stage.tiphys('explain', application, '-o', 'json');
    const { items } = JSON.parse(stdout);
    return Object.fromEntries(items.map((item: Item) => [item.alias, [item.rule, ...named(item)]]));
  }

  /** Nobody heals it, so that its last sync is the one that is asked for. */
  async function deployed(name: string, path: string, annotations: object) {
    const made = stage.application(name, { path }, { ...annotations, [`${PREFIX}/image-list`]: list() });
    const syncPolicy = { ...made.spec.syncPolicy, automated: { prune: true } };
    await stage.argocd.kube.apply({ ...made, spec: { ...made.spec, syncPolicy } });
    await stage.settled(name);
  }

  test('of a chart: what Pods run or the last sync applied, at whatever depth', async () => {
    await deployed('charted', 'chart', HELM_KEYS);
    const expected = {
      web: ['newest', APPLIED, RUNNING],
      idle: ['newest', APPLIED],
      cron: ['newest', APPLIED],
      custom: ['newest', APPLIED],
      spare: ['not-used', VALUES],
    };
    await eventually(async () => expect(await explained('charted')).toEqual(expected));
    await deployed('forced', 'chart', { ...HELM_KEYS, [`${PREFIX}/spare.force-update`]: 'true' });
    await eventually(async () => expect(await explained('forced')).toEqual({ ...expected, spare: ['newest', VALUES] }));
  });

  test('a sync in part tells of no image that it is not used', async () => {
    await deployed('in-part', 'chart', HELM_KEYS);
    const resources = [{ group: 'batch', kind: 'CronJob', name: 'cron' }];
    const path = '/apis/argoproj.io/v1alpha1/namespaces/argocd/applications/in-part';
    await stage.argocd.kube.admin(
      'PATCH',
      path,
      { operation: { sync: { resources } } },
      'application/merge-patch+json',
    );
    await eventually(async () =>
      expect(await explained('in-part')).toEqual({
        web: ['newest', RUNNING],
        idle: ['newest', VALUES],
        cron: ['newest', APPLIED],
        custom: ['newest', VALUES],
        spare: ['newest', VALUES],
      }),
    );
  });

  test('of a kustomization: what its manifests name, which nobody has to run', async () => {
    const git = { [`${PREFIX}/write-back-method`]: 'git', [`${PREFIX}/write-back-target`]: 'kustomization' };
    await deployed('kustomized', 'kustomize', git);
    await eventually(async () =>
      expect(await explained('kustomized')).toEqual({
        web: ['newest', 'kustomize/web.yaml', APPLIED, RUNNING],
        idle: ['newest', 'kustomize/idle.yaml', APPLIED],
        cron: ['newest', 'kustomize/cron.yaml', APPLIED],
        custom: ['newest', 'kustomize/custom.yaml', APPLIED],
        spare: ['not-used'],
      }),
    );
  });
});

interface Item {
  readonly alias: string;
  readonly rule: string;
  readonly sightings: readonly { readonly where: string; readonly says: readonly (string | null)[] }[];
}

const APPLIED = 'status.operationState.syncResult';
const RUNNING = 'status.summary.images';
const VALUES = 'chart/values.yaml';

function named({ sightings }: Item): readonly string[] {
  return sightings.flatMap(({ where, says }) => (says.length > 0 ? [where] : []));
}
