import { Agent, request } from 'undici';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { startWorld, type World } from '../support/world.ts';
import { startController } from './controller-program.ts';
import { printedRights, type RbacObject } from './granted.ts';
import { KUBE_TOOLS, type Kube, type Rule, startKube } from './kube.ts';
import { application, imageUpdater, openProject, tokenIn } from './kube-objects.ts';
import { freePort } from './server-program.ts';
import { lacking } from './tools.ts';

const FINALIZER = 'resources-finalizer.argocd-image-updater.argoproj.io';
const UPDATERS = '/apis/argocd-image-updater.argoproj.io/v1alpha1/namespaces/argocd/imageupdaters';
const APPLICATIONS = '/apis/argoproj.io/v1alpha1/namespaces/argocd/applications';
const LEASE = '/apis/coordination.k8s.io/v1/namespaces/argocd/leases/c21b75f2.argoproj.io';
const lacks = lacking(...KUBE_TOOLS);

const ALL = ['--metrics-secure', '--secret', 'git-login', '--write-back', 'argocd'];
/** The API server takes no order of rules for one: each stands by itself. */
const PRINTED = await printedRights(...ALL);
const ONES = PRINTED.flatMap(({ rules = [], metadata }) =>
  rules.flatMap(({ verbs, ...rule }) => verbs.map((verb) => ({ verb, rule, role: metadata.name }))),
);

describe.skipIf(lacks !== '')(`exactly the Roles that are printed ${lacks}`, () => {
  let kube: Kube;
  let world: World;
  beforeAll(async () => {
    [kube, world] = await Promise.all([startKube(), startWorld()]);
    await kube.createNamespace('argocd');
    await kube.apply(openProject());
  });
  afterAll(() => Promise.all([kube[Symbol.asyncDispose](), world[Symbol.asyncDispose]()]));

  /** A ServiceAccount with the objects as they are given. */
  async function accountWith(name: string, objects: readonly RbacObject[]): Promise<string> {
    await kube.apply({ apiVersion: 'v1', kind: 'ServiceAccount', metadata: { namespace: 'argocd', name } }, ...objects);
    return await kube.kubeconfigFor('argocd', name);
  }

  /**
   * Everything that takes rights: an image to move in Git, one in its Application itself, a look that is asked for, a
   * Secret, an object that shall go.
   */
  async function arrange(name: string): Promise<void> {
    const image = `${world.registry.host}/acme/${name}`;
    world.putTags(`acme/${name}`, '1.0.0', '1.1.0');
    const files = new Map([['kustomization.yaml', `images:\n- name: ${image}\n  newTag: 1.0.0\n`]]);
    const { url } = await world.repository(name, files);
    const made = application(name, { annotations: { 'tiphys.dev/refresh': 'now' } });
    await kube.apply({ ...made, spec: { ...made.spec, source: { repoURL: url, path: '.', targetRevision: 'main' } } });
    const images = [{ alias: 'web', imageName: `${image}:1.x` }];
    const gitConfig = { writeBackTarget: 'kustomization' };
    const applicationRefs = [{ namePattern: name, images }];
    await kube.apply(imageUpdater(name, { writeBackConfig: { method: 'git', gitConfig }, applicationRefs }));
    const itself = application(`${name}-itself`);
    const kustomize = { images: [`${image}:1.0.0`] };
    const source = { repoURL: url, path: '.', targetRevision: 'main', kustomize };
    await kube.apply({ ...itself, spec: { ...itself.spec, source } });
    const own = [{ namePattern: `${name}-itself`, images }];
    await kube.apply(imageUpdater(`${name}-itself`, { writeBackConfig: { method: 'argocd' }, applicationRefs: own }));
    const method = 'git:secret:argocd/git-login';
    const gone = imageUpdater(`${name}-gone`, {
      writeBackConfig: { method },
      applicationRefs: [{ namePattern: 'x', images }],
    });
    await kube.apply({ ...gone, metadata: { ...gone.metadata, finalizers: [FINALIZER] } });
    await kube.admin('DELETE', `${UPDATERS}/${name}-gone`);
  }

  async function discard(name: string): Promise<void> {
    for (const path of [UPDATERS, APPLICATIONS]) {
      for (const one of [name, `${name}-itself`]) await kube.admin('DELETE', `${path}/${one}`);
    }
    const finalizers = { metadata: { finalizers: [] } };
    await kube.admin('PATCH', `${UPDATERS}/${name}-gone`, finalizers, 'application/merge-patch+json').catch(() => {});
  }

  test('with all of them nothing is missing', async () => {
    const kubeconfig = await accountWith('tiphys', PRINTED);
    await arrange('whole');
    const { said } = startController(world.folder, ['--kubeconfig', kubeconfig, '--interval', '1s']);
    await eventually(async () => {
      expect(said()).toContain('image updated');
      await expect(kube.admin('GET', `${UPDATERS}/whole-gone`)).rejects.toThrow('404');
      expect(Object(await kube.admin('GET', `${UPDATERS}/whole`))).toHaveProperty('status.lastUpdatedAt');
    });
    expect(said()).not.toMatch(/ may not |level=(?:warn|error)/);
    await discard('whole');
  });

  test('no Secret is listed where only those are read that something names', async () => {
    const named = ['--git-credentials', 'secret'];
    const account = ['--service-account', 'names-secrets', '--secret', 'git-login'];
    const objects = await printedRights(...account, ...named, '--write-back', 'argocd');
    const ofSecrets = objects
      .flatMap(({ rules = [] }) => rules)
      .filter(({ resources }) => resources.includes('secrets'));
    expect(new Set(ofSecrets.flatMap(({ verbs }) => verbs))).toEqual(new Set(['get']));
    await arrange('named');
    const own = ['--kubeconfig', await accountWith('names-secrets', objects), '--leader-election=false', ...named];
    const { said, end } = startController(world.folder, own);
    await eventually(() => expect(said().match(/image updated/g)).toHaveLength(2));
    expect(said()).not.toMatch(/ may not |level=(?:warn|error)/);
    await end('SIGTERM');
    await discard('named');
  });

  for (const [index, { verb, rule, role }] of ONES.filter(
    ({ rule }) => !isReview(rule) && !isOptional(rule),
  ).entries()) {
    const names = rule.resourceNames ? ` ${rule.resourceNames}` : '';
    test(`without ${verb} of ${rule.resources}${names} in ${role}: the missing rule is named`, async () => {
      const account = `lacks-${index}`;
      const objects = await printedRights('--service-account', account, ...ALL);
      const kubeconfig = await accountWith(
        account,
        objects.map((object) => withoutOne(object, rule, verb)),
      );
      await arrange(account);
      // A Lease that is there need not be created.
      await kube.admin('DELETE', LEASE).catch(() => {});
      const { said, end } = startController(world.folder, ['--kubeconfig', kubeconfig, '--interval', '1s']);
      const [resource = ''] = rule.resources;
      await eventually(() => {
        expect(said()).toContain(` may not ${verb} ${resource}`);
        expect(said().replaceAll('\\', '')).toContain(`resources: ["${resource}"], verbs: ["${verb}"]`);
      });
      expect(said()).not.toContain('INTERNAL');
      await end('SIGTERM');
      await discard(account);
    });
  }

  describe('metrics, for those who may have them', () => {
    const CLUSTER = 'rbac.authorization.k8s.io/v1';
    let port: number;
    const insecure = new Agent({ connect: { rejectUnauthorized: false } });
    afterAll(() => insecure.close());

    /** The answer to a reader of metrics, or to somebody who is none. */
    async function scrape(kubeconfig: string): Promise<number> {
      const headers = { authorization: `Bearer ${await tokenIn(kubeconfig)}` };
      const answer = await request(`https://127.0.0.1:${port}/metrics`, { headers, dispatcher: insecure });
      await answer.body.dump();
      return answer.statusCode;
    }

    function serve(kubeconfig: string) {
      const address = ['--metrics-bind-address', `127.0.0.1:${port}`];
      return startController(world.folder, ['--kubeconfig', kubeconfig, '--leader-election=false', ...address]);
    }

    beforeAll(async () => {
      port = await freePort();
      const metadata = { name: 'metrics-reader' };
      const roleRef = { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', ...metadata };
      const subjects = [{ kind: 'ServiceAccount', namespace: 'argocd', name: 'reader' }];
      await kube.apply(
        {
          apiVersion: CLUSTER,
          kind: 'ClusterRole',
          metadata,
          rules: [{ nonResourceURLs: ['/metrics'], verbs: ['get'] }],
        },
        { apiVersion: CLUSTER, kind: 'ClusterRoleBinding', metadata, roleRef, subjects },
      );
    });

    test('with all rights', async () => {
      const [reader, stranger] = [await accountWith('reader', []), await accountWith('stranger', [])];
      serve(await accountWith('tiphys', PRINTED));
      await eventually(async () => expect(await scrape(reader)).toBe(200));
      expect(await scrape(stranger)).toBe(403);
    });

    for (const { verb, rule } of ONES.filter((one) => isReview(one.rule))) {
      const [resource = ''] = rule.resources;
      test(`without ${verb} of ${resource}: the missing rule is named`, async () => {
        const account = `lacks-${resource}`;
        const objects = await printedRights('--service-account', account, ...ALL);
        const { said } = serve(
          await accountWith(
            account,
            objects.map((object) => withoutOne(object, rule, verb)),
          ),
        );
        const reader = await accountWith('reader', []);
        await eventually(async () => expect(await scrape(reader)).toBe(500));
        await eventually(() => expect(said()).toContain(` may not ${verb} ${resource}`));
      });
    }
  });
});

/** Nobody misses it before a patch is set back, which argocd-owners.test.ts plays. */
function isOptional({ resources }: Pick<Rule, 'resources'>): boolean {
  return resources.includes('applicationsets');
}

function isReview({ resources }: Pick<Rule, 'resources'>): boolean {
  return resources.some((resource) => resource.endsWith('reviews'));
}

function withoutOne(object: RbacObject, lost: Omit<Rule, 'verbs'>, verb: string): RbacObject {
  if (!object.rules) return object;
  const rules = object.rules.flatMap(({ verbs, ...rule }) => {
    const isMeant = JSON.stringify(rule) === JSON.stringify(lost);
    const left = isMeant ? verbs.filter((one) => one !== verb) : verbs;
    return left.length === 0 ? [] : [{ ...rule, verbs: left }];
  });
  return { ...object, rules };
}
