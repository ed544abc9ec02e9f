import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { clusterSource } from '../../src/kubernetes/cluster-source.ts';
import { watchedCollections } from '../../src/kubernetes/collections.ts';
import { listObjects } from '../../src/kubernetes/list-objects.ts';
import { APPLICATIONS } from '../../src/kubernetes/resources.ts';
import { eventually } from '../support/eventually.ts';
import { startFaultProxy } from './fault-proxy.ts';
import { KUBE_TOOLS, type Kube, startKube } from './kube.ts';
import { application, around, clientOf, READ, sourceOptions } from './kube-objects.ts';
import { lacking } from './tools.ts';

const SIGNAL = new AbortController().signal;
const lacks = lacking(...KUBE_TOOLS);

// Without its watch cache the server knows no version that etcd has forgotten.
describe.skipIf(lacks !== '')(`etcd forgets versions ${lacks}`, () => {
  let kube: Kube;
  beforeAll(async () => {
    kube = await startKube({ watchCache: false });
    await kube.createNamespace('argocd');
    await kube.allow('argocd', 'reader', READ);
    await Promise.all(Array.from({ length: 501 }, (_, nth) => kube.apply(application(`app-${nth}`))));
  });
  afterAll(() => kube[Symbol.asyncDispose]());

  test('a watch that was cut off and comes back too late lists anew, and tells what it missed', async () => {
    await using proxy = await startFaultProxy(kube.url, kube.caFile);
    await using client = await clientOf(await kube.kubeconfigFor('argocd', 'reader'), proxy.url);
    await using collections = watchedCollections(client, around);
    const source = clusterSource(client, collections, sourceOptions());
    proxy.set({ match: /applications.*watch=/, times: 1, cutMs: 300 }, { match: /applications.*watch=/, status: 503 });
    await source.synced(SIGNAL);
    const changes: string[] = [];
    using _ = source.listen(({ change, name }) => changes.push(`${change} ${name}`));
    await eventually(() =>
      expect(proxy.seen.filter((line) => line.includes('/applications')).length).toBeGreaterThan(3),
    );
    await kube.apply(application('app-1', { project: 'other' }), application('new'));
    await kube.admin('DELETE', '/apis/argoproj.io/v1alpha1/namespaces/argocd/applications/app-2');
    await kube.compact();
    expect((await source.load(SIGNAL)).applications).toHaveLength(501);
    proxy.set();
    await eventually(() => expect(changes.toSorted()).toEqual(['added new', 'deleted app-2', 'modified app-1']));
    expect((await source.load(SIGNAL)).applications).toHaveLength(501);
  });

  test('a list whose next page is gone begins anew', async () => {
    await using proxy = await startFaultProxy(kube.url, kube.caFile);
    await using client = await clientOf(await kube.kubeconfigFor('argocd', 'reader'), proxy.url);
    const compacted = Promise.withResolvers<void>();
    proxy.set({ match: /continue=/, times: 1, until: compacted.promise });
    const place = { resource: APPLICATIONS, namespace: 'argocd' };
    const listing = listObjects(client, { place, keep: () => true }, SIGNAL);
    await eventually(() => expect(proxy.seen.some((line) => line.includes('continue='))).toBe(true));
    await kube.apply(application('meanwhile'));
    await kube.compact();
    compacted.resolve();
    expect((await listing).items.size).toBe(502);
    expect(proxy.seen.filter((line) => !line.includes('continue='))).toHaveLength(2);
  });
});
