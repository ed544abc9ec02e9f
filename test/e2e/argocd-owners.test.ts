import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { ARGOCD_TOOLS } from './argocd.ts';
import { type ArgocdStage, openArgocdStage, RULES, workload } from './argocd-stage.ts';
import { lacking } from './tools.ts';

const lacks = lacking(...ARGOCD_TOOLS);

const KUSTOMIZATION = 'resources: [deployment.yaml]\n';
const FILES = {
  'kustomize/kustomization.yaml': KUSTOMIZATION,
  'kustomize/deployment.yaml': workload('Deployment', '$host/acme/web:1.0.0', 0),
};
const FIELD = '/spec/source/kustomize/images';
const SETS = '/apis/argoproj.io/v1alpha1/namespaces/argocd/applicationsets';
const READS_SETS = [...RULES, { apiGroups: ['argoproj.io'], resources: ['applicationsets'], verbs: ['get'] }];

describe.skipIf(lacks !== '')(`Applications that others own, in a real Argo CD ${lacks}`, () => {
  let stage: ArgocdStage;
  let generating: AsyncDisposable;
  beforeAll(async () => {
    stage = await openArgocdStage(FILES);
    stage.world.putTags('acme/web', '1.0.0', '1.1.0');
    generating = await stage.argocd.generateApplications();
  });
  afterAll(async () => {
    await generating?.[Symbol.asyncDispose]();
    await stage?.[Symbol.asyncDispose]();
  });

  /** An ApplicationSet of one Application, which has its name and Kustomize images of its own. */
  async function generated(name: string, more: object = {}) {
    const { metadata, spec } = stage.application(name, { path: 'kustomize' }, stage.tracking());
    const source = { ...spec.source, kustomize: { images: [stage.image('1.0.0')] } };
    await stage.argocd.kube.apply({
      apiVersion: 'argoproj.io/v1alpha1',
      kind: 'ApplicationSet',
      metadata: { namespace: 'argocd', name },
      spec: {
        generators: [{ list: { elements: [{}] } }],
        template: { metadata: { name, annotations: metadata.annotations }, spec: { ...spec, source } },
        ...more,
      },
    });
    await eventually(async () => expect(await stage.argocd.application(name)).toMatchObject({ metadata: { name } }));
    await stage.settled(name);
  }

  const imagesOf = async (name: string) => {
    const { spec } = await stage.argocd.application(name);
    return Object(spec).source.kustomize?.images;
  };

  /** Has the set looked at again, and waits for it. */
  async function regenerated(name: string) {
    const annotations = { 'argocd.argoproj.io/application-set-refresh': 'true' };
    await stage.argocd.kube.admin('PATCH', `${SETS}/${name}`, { metadata: { annotations } }, MERGE);
    await eventually(async () => {
      const { metadata } = await stage.argocd.kube.admin('GET', `${SETS}/${name}`);
      expect(Object(metadata).annotations ?? {}).not.toHaveProperty(['argocd.argoproj.io/application-set-refresh']);
    });
  }

  async function whoReadsSets() {
    await stage.argocd.kube.allow('argocd', 'sets', READS_SETS);
    return { KUBECONFIG: await stage.argocd.kube.kubeconfigFor('argocd', 'sets') };
  }

  test('an ApplicationSet would set it back: nothing is written', async () => {
    await generated('generated');
    const refused = await stage.started(await whoReadsSets(), [
      'run',
      '--once',
      '--match-application-name',
      'generated',
    ]);
    expect(refused.code).toBe(2);
    expect(refused.stdout + refused.stderr).toContain(`list ${FIELD} under jsonPointers`);
    expect(await imagesOf('generated')).toEqual([stage.image('1.0.0')]);
  });

  test("over Argo CD's API it takes a line of the policy to see that", async () => {
    await generated('seen');
    const args = ['run', '--once', '--dry-run', '--match-application-name', 'seen'];
    expect(await stage.tiphysByApi(...args)).toMatchObject({ code: 0, stderr: '' });
    const lines = ['applications, get', 'applications, update', 'applicationsets, get'];
    await stage.argocd.setPolicy(...lines.map((what) => `p, role:updater, ${what}, */*, allow`));
    await eventually(async () => {
      expect(await stage.tiphysByApi(...args)).toMatchObject({
        code: 2,
        stderr: expect.stringContaining('the ApplicationSet argocd/seen generates it'),
      });
    });
  });

  test('an ApplicationSet that ignores the field lets it stand', async () => {
    await generated('ignored', { ignoreApplicationDifferences: [{ jsonPointers: [FIELD] }] });
    const args = ['run', '--once', '--match-application-name', 'ignored'];
    expect(await stage.started(await whoReadsSets(), args)).toMatchObject({ code: 0 });
    await regenerated('ignored');
    expect(await imagesOf('ignored')).toEqual([stage.image('1.1.0')]);
  });

  test('one that may not be read sets it back: that is seen, said, and the end of it', async () => {
    await generated('hidden');
    await stage.argocd.kube.allow('argocd', 'tiphys', RULES);
    const env = { KUBECONFIG: await stage.argocd.kube.kubeconfigFor('argocd', 'tiphys') };
    const args = ['--leader-election=false', '--interval', '1s', '--match-application-name', 'hidden'];
    await stage.whileFollowing(env, args, async (said) => {
      const times = (words: string) => said().split(words).length - 1;
      await eventually(() => expect(times('APPLICATION_SET_BACK'), said()).toBeGreaterThan(2));
      expect(times('image updated')).toBe(1);
      expect(await imagesOf('hidden')).toEqual([stage.image('1.0.0')]);
    });
  });

  test('an Application that holds the manifest and heals itself would set it back, unless it leaves the field out', async () => {
    const child = (name: string, kustomize: object) => {
      const made = stage.application(name, { path: 'kustomize', ...kustomize }, stage.tracking());
      return JSON.stringify(made);
    };
    const declared = { kustomize: { images: [stage.image('1.0.0')] } };
    const manifests = new Map([
      ['declared.json', child('declared', declared)],
      ['silent.json', child('silent', {})],
    ]);
    const { url: repoURL } = await stage.world.repository('apps.git', manifests);
    const parent = stage.application('parent', { repoURL, path: '.' });
    const destination = { ...parent.spec.destination, namespace: 'argocd' };
    await stage.argocd.kube.apply({ ...parent, spec: { ...parent.spec, destination } });
    for (const name of ['declared', 'silent']) await eventually(() => stage.argocd.application(name).then(() => {}));
    for (const name of ['declared', 'silent', 'parent']) await stage.settled(name);
    const { code, stdout, stderr } = await stage.tiphys('run', '--once', '--match-application-name', 'declared,silent');
    expect(code).toBe(2);
    expect(stdout + stderr).toContain('the Application argocd/parent holds its manifest and heals itself');
    expect(await imagesOf('declared')).toEqual([stage.image('1.0.0')]);
    await stage.settled('parent');
    expect(await imagesOf('silent')).toEqual([stage.image('1.1.0')]);
  });
});

const MERGE = 'application/merge-patch+json';
