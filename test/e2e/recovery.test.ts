import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { startWorld, type World } from '../support/world.ts';
import { startController } from './controller-program.ts';
import { type FaultProxy, startFaultProxy } from './fault-proxy.ts';
import { grantedKubeconfig } from './granted.ts';
import { KUBE_TOOLS, type Kube, startKube } from './kube.ts';
import { application, imageUpdater, openProject } from './kube-objects.ts';
import { lacking } from './tools.ts';

const INTERVAL_MS = 60_000;
/** A round begins up to a tenth later, and then looks; this machine may be busy. */
const WITHIN_MS = 1.1 * INTERVAL_MS + 30_000;
const lacks = lacking(...KUBE_TOOLS);

interface Trouble {
  readonly what: string;
  /** `change` alters the cluster in the midst of it. */
  /** What it must have led to, of "METHOD /path?query". */
  readonly leadsTo?: RegExp;
  readonly happens: (stage: { kube: Kube; proxy: FaultProxy }, change: () => Promise<void>) => Promise<void>;
}

const TROUBLES: readonly Trouble[] = [
  {
    what: 'the API server is restarted',
    async happens({ kube }, change) {
      await kube.stopApiServer();
      await sleep(2_000);
      await kube.startApiServer();
      await change();
    },
  },
  {
    what: 'watches break off',
    async happens({ proxy }, change) {
      proxy.set({ match: /watch=/, cutMs: 50, times: 12 });
      proxy.cut(/watch=/);
      await change();
      await sleep(1_000);
    },
  },
  {
    what: 'etcd has forgotten what watches go on from (410)',
    leadsTo: /^GET \/apis\/.*\/imageupdaters\?(?!.*watch=)/,
    async happens({ kube, proxy }, change) {
      proxy.cut(/watch=/);
      proxy.set({ match: /watch=/, status: 503 });
      await change();
      await kube.compact();
    },
  },
  {
    what: 'the API server has too much to do (429)',
    async happens({ proxy }, change) {
      proxy.set({ match: /./, status: 429, headers: { 'retry-after': '1' } });
      proxy.cut(/watch=/);
      await change();
      await sleep(4_000);
    },
  },
  {
    what: 'answers are slow',
    async happens({ proxy }, change) {
      proxy.set({ match: /./, delayMs: 1_500 });
      proxy.cut(/watch=/);
      await change();
      await sleep(3_000);
    },
  },
];

describe.skipIf(lacks !== '')(`the controller goes on within an interval after ${lacks}`, () => {
  let kube: Kube;
  let world: World;
  let proxy: FaultProxy;
  let granted: string;
  beforeAll(async () => {
    [kube, world] = await Promise.all([startKube({ watchCache: false }), startWorld()]);
    proxy = await startFaultProxy(kube.url, kube.caFile);
    await kube.createNamespace('argocd');
    await kube.apply(openProject());
    granted = await grantedKubeconfig(kube);
  });
  afterAll(async () => {
    await proxy?.[Symbol.asyncDispose]();
    await Promise.all([kube?.[Symbol.asyncDispose](), world?.[Symbol.asyncDispose]()]);
  });

  for (const [index, { what, happens, leadsTo = /watch=/ }] of TROUBLES.entries()) {
    test(what, async () => {
      const name = `app-${index}`;
      const image = `${world.registry.host}/acme/${name}`;
      world.putTags(`acme/${name}`, '1.0.0', '1.1.0', '2.0.0');
      const text = `images:\n- name: ${image}\n  newTag: 1.0.0\n`;
      const { path, url } = await world.repository(name, new Map([['deploy/kustomization.yaml', text]]));
      const made = application(name);
      const source = { repoURL: url, path: 'deploy', targetRevision: 'main' };
      const follow = (constraint: string) => {
        const images = [{ alias: 'app', imageName: `${image}:${constraint}` }];
        const writeBackConfig = { method: 'git', gitConfig: { writeBackTarget: 'kustomization' } };
        return kube.apply(imageUpdater(name, { writeBackConfig, applicationRefs: [{ namePattern: name, images }] }));
      };
      const states = (tag: string) => async () =>
        expect(await world.gitIn(path, 'show', 'main:deploy/kustomization.yaml'), said()).toContain(`newTag: ${tag}`);
      await kube.apply({ ...made, spec: { ...made.spec, source } });
      await follow('1.x');
      const kubeconfig = join(world.folder, `${name}.kubeconfig`);
      await writeFile(kubeconfig, (await readFile(granted, 'utf8')).replace(kube.url, proxy.url));
      const { said, end } = startController(join(world.folder, name), [
        ...['--kubeconfig', kubeconfig, '--leader-election-namespace', 'argocd'],
        ...['--interval', `${INTERVAL_MS / 1_000}s`],
      ]);
      await vi.waitFor(states('1.1.0'), { timeout: 120_000, interval: 100 });

      const before = proxy.seen.length;
      await happens({ kube, proxy }, () => follow('2.x'));
      proxy.set();
      await vi.waitFor(states('2.0.0'), { timeout: WITHIN_MS, interval: 100 });
      expect(proxy.seen.slice(before).filter((line) => leadsTo.test(line))).not.toEqual([]);
      expect(await end('SIGTERM'), said()).toBe(0);
    });
  }
});
