import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { Setting } from '../config/settings/setting.ts';
import { CATALOGUE } from '../config/settings/settings-catalogue.ts';
import { runOverCluster } from './controller.ts';

/** `tiphys run` over a cluster with these settings, until the signal aborts. */
function running(asked: readonly (readonly [setting: Setting, text: string])[], signal: AbortSignal) {
  const given = asked.map(([setting, text]) => {
    const { flag: name = '' } = setting;
    return { setting, source: 'flag', name, object: name, text } as const;
  });
  const options = { filenames: [], fromCluster: true, given, defaultStateDir: '/nowhere' } as const;
  return runOverCluster(options, () => {}, signal);
}

test("several shards are refused where there are no Leases: over Argo CD's API", async () => {
  const { applicationsApi, shards } = CATALOGUE;
  const asked = [
    [applicationsApi, 'argocd'],
    [shards, '2'],
  ] as const;
  const refused = { code: 'SETTING_INVALID', object: '--shards' };
  await expect(running(asked, new AbortController().signal)).rejects.toMatchObject(refused);
});

/** An API server that is away, until somebody stops waiting for it. */
async function stoppedWaiting(once: 'true' | 'false') {
  const folder = await mkdtemp(join(tmpdir(), 'tiphys-controller-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const path = join(folder, 'config');
  const clusters = [{ name: 'c', cluster: { server: 'http://127.0.0.1:1' } }];
  const contexts = [{ name: 'c', context: { cluster: 'c', user: 'c' } }];
  const config = { 'current-context': 'c', clusters, contexts, users: [{ name: 'c', user: { token: 'any' } }] };
  await writeFile(path, JSON.stringify({ apiVersion: 'v1', kind: 'Config', ...config }));
  const { kubeconfig, healthProbeBindAddress } = CATALOGUE;
  const asked = [
    [kubeconfig, path],
    [healthProbeBindAddress, '0'],
    [CATALOGUE.once, once],
  ] as const;
  const stop = new AbortController();
  setTimeout(() => stop.abort(), 50);
  return await running(asked, stop.signal);
}

test('whoever is stopped while he waits for the first list ends as he does later', async () => {
  expect(await stoppedWaiting('false')).toBe('stopped');
});

test('a single look that is stopped is none', async () => {
  await expect(stoppedWaiting('true')).rejects.toMatchObject({ code: 'ABORTED' });
});
