// A process that keeps a copy of a cluster's Applications, and prints how many they are; see cluster.ts.
import { setTimeout as sleep } from 'node:timers/promises';
import { openClient } from '../src/kubernetes/client.ts';
import { clusterSource } from '../src/kubernetes/cluster-source.ts';
import { watchedCollections } from '../src/kubernetes/collections.ts';

const [server = ''] = process.argv.slice(2);
const around = {
  nowMs: () => Date.now(),
  random: Math.random,
  sleep: (ms: number, signal: AbortSignal) => sleep(ms, undefined, { signal }),
};
const config = { source: 'bench', server, namespace: 'argocd', isInsecure: false };
const user = { proof: { kind: 'none' }, impersonation: {} } as const;
await using client = openClient({ ...config, user }, { ...around, env: {} });
await using collections = watchedCollections(client, around);
const source = clusterSource(client, collections, {
  namespaces: () => '*',
  argocdNamespace: () => 'argocd',
  repositorySecrets: true,
  wellKnown: { configMaps: [], secrets: [] },
  texts: [],
});
const { signal } = new AbortController();
await source.synced(signal);
const { applications } = await source.load(signal);
console.log(applications.length);
