import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { applicationId } from '../../src/core/applications/application.ts';
import { startRegistry } from '../../src/demo/registry.ts';
import { applicationPatches } from '../../src/kubernetes/application-patches.ts';
import type { KubernetesClient } from '../../src/kubernetes/client.ts';
import { clusterSource } from '../../src/kubernetes/cluster-source.ts';
import { listedCollections, watchedCollections } from '../../src/kubernetes/collections.ts';
import { eventRecorder } from '../../src/kubernetes/event-recorder.ts';
import { imageUpdaterStatuses } from '../../src/kubernetes/image-updater-statuses.ts';
import { leaseStore } from '../../src/kubernetes/lease-store.ts';
import { listObjects } from '../../src/kubernetes/list-objects.ts';
import { APPLICATIONS } from '../../src/kubernetes/resources.ts';
import type { ClusterChange, Lease } from '../../src/ports/cluster.ts';
import { CANARY } from '../support/canary.ts';
import { eventually } from '../support/eventually.ts';
import { run } from '../support/world.ts';
import { startFaultProxy } from './fault-proxy.ts';
import { KUBE_TOOLS, type Kube, type Rule, startKube } from './kube.ts';
import { application, around, clientOf, imageUpdater, READ, sourceOptions, tokenIn } from './kube-objects.ts';
import { findTool, lacking } from './tools.ts';

const SIGNAL = new AbortController().signal;
const PROGRAM = join(import.meta.dirname, '../../dist/tiphys.js');
const SPEC = { applicationRefs: [{ namePattern: '*', images: [{ alias: 'web', imageName: 'ghcr.io/acme/web:1.x' }] }] };
const lacks = lacking(...KUBE_TOOLS);

describe.skipIf(lacks !== '')(`a real API server ${lacks}`, () => {
  let kube: Kube;
  beforeAll(async () => {
    kube = await startKube();
    for (const name of ['argocd', 'shop', 'blog']) await kube.createNamespace(name);
  });
  afterAll(() => kube[Symbol.asyncDispose]());

  /** A client of a ServiceAccount of its own, with these rights alone. */
  async function clientWith(name: string, rules: readonly Rule[], where = 'argocd', server?: string) {
    await kube.allow('argocd', name, rules, where);
    return await clientOf(await kube.kubeconfigFor('argocd', name), server);
  }

  async function names(client: KubernetesClient, namespaces: '*' | readonly string[]): Promise<readonly string[]> {
    const source = clusterSource(client, listedCollections(client), sourceOptions({ namespaces: () => namespaces }));
    return (await source.load(SIGNAL)).applications.map(applicationId).sort();
  }

  describe('where Applications are', () => {
    beforeAll(async () => {
      await kube.apply(application('one'), application('two', { namespace: 'shop' }));
      await kube.apply(application('three', { namespace: 'blog' }));
    });

    test('its own namespace, with no rights elsewhere', async () => {
      await using client = await clientWith('own', READ);
      expect(client.namespace).toBe('argocd');
      expect(await names(client, [client.namespace])).toEqual(['argocd/one']);
      await expect(names(client, ['shop'])).rejects.toMatchObject({
        code: 'CLUSTER_FORBIDDEN',
        message: '"system:serviceaccount:argocd:own" may not list applications (argoproj.io) in namespace shop',
        fix: 'grant it by a Role in namespace shop: apiGroups: ["argoproj.io"], resources: ["applications"], verbs: ["list"]',
      });
    });

    test('a list of namespaces', async () => {
      await kube.allow('argocd', 'some', READ, 'shop');
      await using client = await clientWith('some', READ);
      expect(await names(client, ['argocd', 'shop'])).toEqual(['argocd/one', 'shop/two']);
    });

    test('all namespaces', async () => {
      await using client = await clientWith('all', READ, '*');
      expect(await names(client, '*')).toEqual(['argocd/one', 'blog/three', 'shop/two']);
    });

    for (const missing of ['list', 'watch']) {
      test(`without the right to ${missing}`, async () => {
        const rules = READ.map((rule) => ({ ...rule, verbs: rule.verbs.filter((verb) => verb !== missing) }));
        await using client = await clientWith(`no-${missing}`, rules);
        await using collections = watchedCollections(client, around);
        const source = clusterSource(client, collections, sourceOptions());
        const message = `"system:serviceaccount:argocd:no-${missing}" may not ${missing} applications (argoproj.io) in namespace argocd`;
        if (missing === 'list') {
          await expect(source.synced(SIGNAL)).rejects.toMatchObject({ code: 'CLUSTER_FORBIDDEN', message });
          return;
        }
        // There is a list, which nothing keeps up to date.
        await eventually(async () => {
          const { applications, warnings } = await source.load(SIGNAL);
          expect(applications).toHaveLength(1);
          expect(warnings.map((one) => one.message)).toContain(`what is known may be out of date: ${message}`);
        });
      });
    }
  });

  describe('what a load holds', () => {
    test('Secrets and ConfigMaps that something names, and no others', async () => {
      const secret = (name: string, labels = {}) => {
        const data = { password: Buffer.from(`of ${name}`).toString('base64') };
        return { apiVersion: 'v1', kind: 'Secret', metadata: { namespace: 'shop', name, labels }, data };
      };
      await kube.apply(secret('pull'), secret('git'), secret('other'), secret('in-config'));
      await kube.apply({
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { namespace: 'shop', name: 'argocd-image-updater-config' },
        data: { 'registries.conf': 'registries:\n- credentials: secret:shop/in-config#password\n' },
      });
      const annotations = { 'argocd-image-updater.argoproj.io/write-back-method': 'git:secret:git' };
      await kube.apply(application('named', { namespace: 'shop', annotations }));
      const images = [{ alias: 'web', imageName: 'a', commonUpdateSettings: { pullSecret: 'pullsecret:shop/pull' } }];
      await kube.apply(imageUpdater('named', { applicationRefs: [{ namePattern: '*', images }] }, 'shop'));
      const resourceNames = ['pull', 'git', 'in-config'];
      const rules = [
        ...READ,
        { apiGroups: [''], resources: ['secrets'], verbs: ['get'], resourceNames },
        { apiGroups: [''], resources: ['configmaps'], verbs: ['get'], resourceNames: ['argocd-image-updater-config'] },
      ];
      await using client = await clientWith('named', rules, 'shop');
      const wellKnown = { configMaps: ['argocd-image-updater-config'], secrets: [] };
      const options = sourceOptions({ namespaces: () => ['shop'], argocdNamespace: () => 'shop', wellKnown });
      const loaded = await clusterSource(client, listedCollections(client), options).load(SIGNAL);
      expect(loaded.secrets.map(({ name, data }) => [name, data['password']]).sort()).toEqual(
        resourceNames.map((name) => [name, `of ${name}`]).sort(),
      );
      expect(loaded.configMaps).toHaveLength(1);
      expect(loaded.warnings).toEqual([]);

      const narrow = [
        ...READ,
        { ...rules[2], apiGroups: [''], resources: ['secrets'], verbs: ['get'], resourceNames: ['git'] },
      ];
      await using less = await clientWith('less', narrow, 'shop');
      const { secrets, warnings } = await clusterSource(less, listedCollections(less), options).load(SIGNAL);
      expect(secrets.map(({ name }) => name)).toEqual(['git']);
      expect(warnings.map(({ object }) => object)).toContain('Secret shop/pull');
    });

    test("Argo CD's repository Secrets by their label, and what its projects allow with them", async () => {
      const labels = (type: string) => ({ 'argocd.argoproj.io/secret-type': type });
      const secret = (name: string, type: string, url: string) => {
        const metadata = { namespace: 'blog', name, labels: labels(type) };
        return { apiVersion: 'v1', kind: 'Secret', metadata, stringData: { url, project: 'team' } };
      };
      await kube.admin(
        'POST',
        '/api/v1/namespaces/blog/secrets',
        secret('repo', 'repository', 'https://git.example/a'),
      );
      await kube.admin('POST', '/api/v1/namespaces/blog/secrets', secret('east', 'cluster', 'https://east.example'));
      const apiVersion = 'argoproj.io/v1alpha1';
      const spec = { sourceRepos: ['https://git.example/b'] };
      await kube.apply({ apiVersion, kind: 'AppProject', metadata: { namespace: 'blog', name: 'team' }, spec });
      const rules = [...READ, { apiGroups: [''], resources: ['secrets'], verbs: ['list', 'watch'] }];
      await using client = await clientWith('labels', rules, 'blog');
      await using collections = watchedCollections(client, around);
      const options = sourceOptions({
        namespaces: () => ['blog'],
        argocdNamespace: () => 'blog',
        repositorySecrets: true,
      });
      const loaded = await clusterSource(client, collections, options).load(SIGNAL);
      expect(loaded.secrets.map(({ name }) => name)).toEqual(['repo']);
      const sourceRepos = ['https://git.example/b', 'https://git.example/a'];
      expect(loaded).toMatchObject({ hasAllProjects: true, projects: [{ name: 'team', sourceRepos }], warnings: [] });
    });
  });

  describe('our definition', () => {
    test('its rules are CEL that the server evaluates', async () => {
      const path = '/apis/argocd-image-updater.argoproj.io/v1alpha1/namespaces/argocd/imageupdaters';
      const create = (name: string, spec: object) => kube.admin('POST', path, imageUpdater(name, spec));
      await expect(create('none', {})).rejects.toThrow(/spec\.applicationRefs: Required value/);
      await expect(create('no-images', { applicationRefs: [{ namePattern: '*' }] })).rejects.toThrow(/422/);
      await create('annotations', { applicationRefs: [{ namePattern: '*', useAnnotations: true }] });
      const ref = SPEC.applicationRefs[0];
      await expect(create('twice', { applicationRefs: [ref, ref] })).rejects.toThrow(/Duplicate value/);
      const twoTargets = { manifestTargets: { helm: { name: 'image.name' }, kustomize: { name: 'web' } } };
      const images = [{ alias: 'web', imageName: 'a', ...twoTargets }];
      await expect(create('targets', { applicationRefs: [{ namePattern: '*', images }] })).rejects.toThrow(/422/);
    });

    const noKubectl = lacking('kubectl');
    test.skipIf(noKubectl !== '')(`kubectl shows the columns that upstream shows ${noKubectl}`, async () => {
      const rules = [
        { apiGroups: ['argocd-image-updater.argoproj.io'], resources: ['imageupdaters/status'], verbs: ['patch'] },
      ];
      await using client = await clientWith('columns', rules);
      await kube.apply(imageUpdater('columns', SPEC));
      const conditions = [condition('Ready', 'True', 'ReconcileSucceeded')];
      const status = { applicationsMatched: 3, imagesManaged: 5, lastCheckedAt: new Date().toISOString(), conditions };
      const key = { namespace: 'argocd', name: 'columns' };
      expect(await imageUpdaterStatuses(client).apply(key, status, SIGNAL)).toBe('applied');
      const args = ['--kubeconfig', kube.kubeconfig, '-n', 'argocd', 'get', 'imageupdater', 'columns'];
      const { stdout } = await run(findTool('kubectl') ?? '', args, '/', { HOME: '/nonexistent' });
      expect(stdout).toMatch(/^NAME +APPS +IMAGES +LAST CHECKED +READY\ncolumns +3 +5 +\d+s +True\n$/);
    });
  });

  describe('what is written', () => {
    test('status: of what we stated before and leave out now nothing stays, of others everything', async () => {
      const rules = [
        { apiGroups: ['argocd-image-updater.argoproj.io'], resources: ['imageupdaters/status'], verbs: ['patch'] },
      ];
      await using client = await clientWith('status', rules);
      const statuses = imageUpdaterStatuses(client);
      const key = { namespace: 'argocd', name: 'status' };
      await kube.apply(imageUpdater('status', SPEC));
      const path = '/apis/argocd-image-updater.argoproj.io/v1alpha1/namespaces/argocd/imageupdaters/status';
      const other = { status: { conditions: [condition('Other', 'True', 'Theirs')] } };
      const theirs = { ...imageUpdater('status', SPEC), ...other, spec: undefined };
      await kube.admin('PATCH', `${path}/status?fieldManager=upstream`, theirs, 'application/apply-patch+yaml');
      const ready = [condition('Ready', 'False', 'ReconcileFailed')];
      await statuses.apply(key, { applicationsMatched: 1, imagesManaged: 2, conditions: ready }, SIGNAL);
      await statuses.apply(key, { applicationsMatched: 4, conditions: ready }, SIGNAL);
      const { status } = await kube.admin('GET', path);
      expect(status).toMatchObject({ applicationsMatched: 4 });
      expect(status).not.toHaveProperty('imagesManaged');
      expect(
        Object(status)
          .conditions.map(({ type }: { type: string }) => type)
          .sort(),
      ).toEqual(['Other', 'Ready']);
      expect(await statuses.apply({ ...key, name: 'gone' }, {}, SIGNAL)).toBe('gone');
    });

    test('finalizers: one of several goes, and the object can', async () => {
      const rules = [
        { apiGroups: ['argocd-image-updater.argoproj.io'], resources: ['imageupdaters'], verbs: ['get', 'patch'] },
      ];
      await using client = await clientWith('finalizer', rules);
      const ours = 'resources-finalizer.argocd-image-updater.argoproj.io';
      const key = { namespace: 'argocd', name: 'finalized' };
      const object = imageUpdater('finalized', SPEC);
      await kube.apply({ ...object, metadata: { ...object.metadata, finalizers: ['example.com/theirs', ours] } });
      const statuses = imageUpdaterStatuses(client);
      expect(await statuses.removeFinalizer(key, ours, SIGNAL)).toBe('removed');
      expect(await statuses.removeFinalizer(key, ours, SIGNAL)).toBe('absent');
      expect(await statuses.removeFinalizer({ ...key, name: 'gone' }, ours, SIGNAL)).toBe('gone');
      const path = '/apis/argocd-image-updater.argoproj.io/v1alpha1/namespaces/argocd/imageupdaters/finalized';
      expect((await kube.admin('GET', path))['metadata']).toMatchObject({ finalizers: ['example.com/theirs'] });
    });

    test('a patch of an Application: made only where its tests hold', async () => {
      const rules = [{ apiGroups: ['argoproj.io'], resources: ['applications'], verbs: ['patch'] }];
      await using client = await clientWith('patch', rules);
      await kube.apply(application('patched'));
      const key = { namespace: 'argocd', name: 'patched' };
      const patches = applicationPatches(client);
      const path = '/spec/source/path';
      const move = (from: string, to: unknown) => [
        { op: 'test', path, value: from } as const,
        { op: 'replace', path, value: to } as const,
      ];
      expect(await patches.patch(key, move('deploy', 'new'), SIGNAL)).toMatchObject({ kind: 'patched' });
      expect(await patches.patch(key, move('deploy', 'newer'), SIGNAL)).toEqual({ kind: 'test-failed' });
      expect(await patches.patch(key, [{ op: 'remove', path: '/spec/none' }], SIGNAL)).toEqual({ kind: 'test-failed' });
      expect(await patches.patch({ ...key, name: 'gone' }, move('a', 'b'), SIGNAL)).toEqual({ kind: 'gone' });
      expect(await patches.patch(key, move('new', 5), SIGNAL)).toMatchObject({
        kind: 'refused',
        reason: expect.stringContaining('spec.source.path'),
      });
    });

    test('an Event, which kubectl describe finds', async () => {
      const rules = [...READ, { apiGroups: [''], resources: ['events'], verbs: ['create'] }];
      await using client = await clientWith('event', rules);
      await kube.apply(application('told'));
      const source = clusterSource(client, listedCollections(client), sourceOptions());
      await source.load(SIGNAL);
      const recorder = eventRecorder(client, { ...around, uidOf: source.uidOf });
      const object = { namespace: 'argocd', name: 'told' };
      const message = 'é'.repeat(2_000);
      await recorder.record({ kind: 'Application', object, type: 'Normal', reason: 'ImagesUpdated', message }, SIGNAL);
      const uid = source.uidOf('Application', object);
      const selector = `involvedObject.name=told,involvedObject.uid=${uid}`;
      const { items } = await kube.admin('GET', `/api/v1/namespaces/argocd/events?fieldSelector=${selector}`);
      const component = 'ArgocdImageUpdater';
      expect(items).toMatchObject([{ type: 'Normal', reason: 'ImagesUpdated', count: 1, source: { component } }]);
    });

    test('a Lease has one holder', async () => {
      const rules = [{ apiGroups: ['coordination.k8s.io'], resources: ['leases'], verbs: ['get', 'create', 'update'] }];
      await using client = await clientWith('lease', rules);
      const store = leaseStore(client);
      const key = { namespace: 'argocd', name: 'c21b75f2.argoproj.io' };
      expect(await store.get(key, SIGNAL)).toBeUndefined();
      const times = { acquiredMs: 1_700_000_000_123, renewedMs: 1_700_000_000_456 };
      const wanted: Lease = { ...key, holder: 'a', durationSeconds: 15, ...times, transitions: 0, resourceVersion: '' };
      const made = await store.create(wanted, SIGNAL);
      if (made.kind !== 'written') throw new Error('a conflict with nobody');
      expect(await store.create({ ...wanted, holder: 'b' }, SIGNAL)).toEqual({ kind: 'conflict' });
      expect(await store.get(key, SIGNAL)).toEqual(made.lease);
      expect(made.lease).toMatchObject({ ...wanted, resourceVersion: expect.stringMatching(/^\d+$/) });
      const outcomes = await Promise.all(
        ['a', 'b'].map((holder) => store.update({ ...made.lease, holder, transitions: 1 }, SIGNAL)),
      );
      expect(outcomes.map(({ kind }) => kind).sort()).toEqual(['conflict', 'written']);
      expect((await store.update({ ...made.lease, name: 'deleted' }, SIGNAL)).kind).toBe('written');
      expect((await store.create({ ...made.lease, name: 'deleted', resourceVersion: '' }, SIGNAL)).kind).toBe(
        'conflict',
      );
    });
  });

  describe('a server that has a bad day', () => {
    test('429, 500 and a slow answer: one list all the same', async () => {
      await using proxy = await startFaultProxy(kube.url, kube.caFile);
      await using client = await clientWith('faults', READ, 'argocd', proxy.url);
      proxy.set(
        { match: /applications/, times: 1, status: 429, headers: { 'retry-after': '1' } },
        { match: /applications/, times: 1, status: 500 },
        { match: /applications/, times: 1, delayMs: 500 },
      );
      const began = performance.now();
      expect(await names(client, ['argocd'])).toContain('argocd/one');
      expect(performance.now() - began).toBeGreaterThan(1_000);
      expect(proxy.seen.filter((line) => line.includes('/applications'))).toHaveLength(3);
    });

    test('pages of a long list', async () => {
      const many = Array.from({ length: 1_100 }, (_, nth) => application(`many-${nth}`, { namespace: 'blog' }));
      for (let at = 0; at < many.length; at += 50) {
        await Promise.all(many.slice(at, at + 50).map((one) => kube.apply(one)));
      }
      await using proxy = await startFaultProxy(kube.url, kube.caFile);
      await using client = await clientWith('pages', READ, 'blog', proxy.url);
      const place = { resource: APPLICATIONS, namespace: 'blog' };
      const { items } = await listObjects(client, { place, keep: () => true }, SIGNAL);
      expect(items.size).toBe(1_101);
      expect(proxy.seen).toHaveLength(3);
    });

    test('watches that break: every change is told, and the list is read once', async () => {
      await using proxy = await startFaultProxy(kube.url, kube.caFile);
      await using client = await clientWith('cut', READ, 'argocd', proxy.url);
      await using collections = watchedCollections(client, around);
      const source = clusterSource(client, collections, sourceOptions());
      proxy.set({ match: /applications.*watch=/, cutMs: 200 });
      await source.synced(SIGNAL);
      const changes: ClusterChange[] = [];
      using _ = source.listen((change) => changes.push(change));
      for (let nth = 0; nth < 10; nth++) await kube.apply(application('cut', { project: `p${nth}` }));
      await kube.admin('DELETE', '/apis/argoproj.io/v1alpha1/namespaces/argocd/applications/cut');
      await eventually(() => expect(changes.at(-1)?.change).toBe('deleted'));
      expect(changes[0]).toEqual({ kind: 'Application', change: 'added', namespace: 'argocd', name: 'cut' });
      expect(proxy.seen.filter((line) => /applications\?limit/.test(line))).toHaveLength(1);
    });

    test('restarted: it is followed again, and what happened meanwhile is told', async () => {
      await using client = await clientWith('restart', READ);
      await using collections = watchedCollections(client, around);
      const source = clusterSource(client, collections, sourceOptions());
      await source.synced(SIGNAL);
      const changes: string[] = [];
      using _ = source.listen(({ change, name }) => changes.push(`${change} ${name}`));
      await kube.apply(application('before'));
      await eventually(() => expect(changes).toEqual(['added before']));
      await kube.stopApiServer();
      await eventually(async () => {
        const { applications, warnings } = await source.load(SIGNAL);
        expect(applications.length).toBeGreaterThan(0);
        expect(warnings[0]).toMatchObject({ code: 'CLUSTER_UNREACHABLE' });
      });
      await kube.startApiServer();
      await kube.apply(application('after'));
      await eventually(() => expect(changes).toEqual(['added before', 'added after']));
      await eventually(async () => expect((await source.load(SIGNAL)).warnings).toEqual([]));
    });
  });

  describe('the command line without -f', () => {
    const env = { PATH: process.env['PATH'] ?? '', HOME: '/nonexistent' };
    const tiphys = (kubeconfig: string | undefined, ...args: readonly string[]) => {
      const more = kubeconfig === undefined ? {} : { KUBECONFIG: kubeconfig };
      return run(process.execPath, [PROGRAM, ...args], '/', {
        ...env,
        ...more,
        XDG_STATE_HOME: join(kube.caFile, '..'),
      });
    };

    test('plan, explain, lint, credentials and run --once take what the context says', async () => {
      await kube.allow('argocd', 'cli', READ);
      const kubeconfig = await kube.kubeconfigFor('argocd', 'cli');
      for (const line of [
        'plan',
        'explain one',
        'lint',
        'credentials',
        'run --once',
        'plan -l a=b',
        'plan -n argocd',
      ]) {
        const { stderr } = await tiphys(kubeconfig, ...line.split(' '));
        expect(stderr, line).toContain('may not list secrets in namespace argocd');
        expect(stderr, line).not.toContain(await tokenIn(kubeconfig));
      }
    });

    test('namespaces that the ConfigMap in the cluster names', async () => {
      await kube.createNamespace('gitops');
      const name = 'argocd-image-updater-config';
      const data = { 'watch.namespaces': 'shop' };
      await kube.apply({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { namespace: 'gitops', name }, data });
      const rules = [...READ, { apiGroups: [''], resources: ['configmaps'], verbs: ['get'] }];
      await kube.allow('gitops', 'cli', rules);
      const kubeconfig = await kube.kubeconfigFor('gitops', 'cli');
      const elsewhere = await tiphys(kubeconfig, 'plan', '--argocd-namespace', 'gitops');
      expect(elsewhere.stderr).toMatch(/gitops:cli" may not list \w+ \(.*\) in namespace shop/);
      const asked = await tiphys(kubeconfig, 'plan', '--argocd-namespace', 'gitops', '-n', 'gitops');
      expect(asked.stderr).toContain('there is no Application (argoproj.io/v1alpha1) in namespace gitops');
    });

    test('test takes credentials from a Secret of the cluster', async () => {
      await using registry = await startRegistry({ auth: { kind: 'basic', user: 'bot', password: CANARY } });
      registry.putImage('acme/web', '1.2.3', { created: '2026-01-02T03:04:05Z' });
      const rules = [{ apiGroups: [''], resources: ['secrets'], verbs: ['get'], resourceNames: ['login'] }];
      await kube.allow('argocd', 'tester', rules);
      const secret = { metadata: { namespace: 'argocd', name: 'login' }, stringData: { creds: `bot:${CANARY}` } };
      await kube.apply({ apiVersion: 'v1', kind: 'Secret', ...secret });
      const kubeconfig = await kube.kubeconfigFor('argocd', 'tester');
      const test = (name: string) =>
        tiphys(kubeconfig, 'test', `${registry.host}/acme/web`, '--credentials', `secret:argocd/${name}#creds`);
      expect(await test('login')).toMatchObject({ code: 0, stdout: expect.stringContaining('1.2.3') });
      expect((await test('other')).stderr).toContain('may not get secrets in namespace argocd');
    });

    test('registry check takes the Secrets that registries.conf names from the cluster', async () => {
      await using registry = await startRegistry({ auth: { kind: 'basic', user: 'bot', password: CANARY } });
      registry.putImage('acme/web', '1.2.3', { created: '2026-01-02T03:04:05Z' });
      const { host } = registry;
      const rules = [{ apiGroups: [''], resources: ['secrets'], verbs: ['get'], resourceNames: ['checked'] }];
      await kube.allow('argocd', 'checker', rules);
      const secret = { metadata: { namespace: 'argocd', name: 'checked' }, stringData: { creds: `bot:${CANARY}` } };
      await kube.apply({ apiVersion: 'v1', kind: 'Secret', ...secret });
      const kubeconfig = await kube.kubeconfigFor('argocd', 'checker');
      const check = async (name: string, ...more: readonly string[]) => {
        const entry = {
          name: 'own',
          prefix: host,
          api_url: `http://${host}`,
          credentials: `secret:argocd/${name}#creds`,
        };
        const conf = `${kubeconfig}.${name}`;
        await writeFile(conf, JSON.stringify({ registries: [entry] }));
        const line = ['registry', 'check', `${host}/acme/web:1.2.3`, '--registries-conf-path', conf, ...more];
        return await tiphys(undefined, ...line);
      };
      expect(await check('checked', '--kubeconfig', kubeconfig)).toMatchObject({ code: 0, stderr: '' });
      const denied = await check('other', '--kubeconfig', kubeconfig);
      expect(denied).toMatchObject({
        code: 1,
        stderr: expect.stringContaining('may not get secrets in namespace argocd'),
      });
      // The steps before the credentials are told all the same.
      const alone = await check('checked');
      expect(alone).toMatchObject({ code: 1, stdout: expect.stringMatching(/ok +connection/) });
      expect(alone.stderr).toContain('there is no cluster to ask');
    });

    test('another context, no rights, and no cluster at all are told', async () => {
      const kubeconfig = await kube.kubeconfigFor('argocd', 'cli');
      expect((await tiphys(kubeconfig, 'plan', '--context', 'e2')).stderr).toContain('there is no context e2');
      expect((await tiphys(kubeconfig, 'plan', '-A')).stderr).toMatch(/may not list \w+ \(.*\) in all namespaces/);
      expect(await tiphys(undefined, 'plan')).toMatchObject({
        code: 2,
        stderr: expect.stringContaining('there is no cluster to ask'),
      });
      expect((await tiphys(undefined, 'plan', '--kubeconfig', '/nonexistent/config')).stderr).toContain(
        'there is no such file',
      );
    });

    test('a certificate that is not of the cluster, a token that is not valid', async () => {
      const file = await kube.kubeconfigFor('argocd', 'cli');
      const text = await readFile(file, 'utf8');
      const bad = `${file}.bad`;
      await writeFile(bad, text.replace(await tokenIn(file), 'nonsense'));
      expect((await tiphys(bad, 'plan')).stderr).toContain('CLUSTER_UNAUTHORIZED');
      await writeFile(bad, text.replace(/,"certificate-authority":"[^"]*"/, ''));
      expect((await tiphys(bad, 'plan')).stderr).toMatch(
        /certificate that is not trusted \(\w+\) \(CLUSTER_UNREACHABLE\)/,
      );
    });
  });
});

function condition(type: string, status: string, reason: string) {
  return { type, status, reason, message: '', lastTransitionTime: '2026-01-02T03:04:05Z' };
}
