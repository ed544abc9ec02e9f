import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { type Given, settle } from '../config/settings/settings.ts';
import { CATALOGUE } from '../config/settings/settings-catalogue.ts';
import { withOwnNamespace } from './cluster.ts';

const { argocdNamespace, kubeconfig } = CATALOGUE;
const POD = { KUBERNETES_SERVICE_HOST: '10.0.0.1', KUBERNETES_SERVICE_PORT: '443' };
const CONTEXT = JSON.stringify({
  'current-context': 'a',
  contexts: [{ name: 'a', context: { cluster: 'a', namespace: 'desk' } }],
  clusters: [{ name: 'a', cluster: { server: 'https://a.example' } }],
});

/** A ServiceAccount's files, and a kubeconfig of none or one context. */
async function openFolder(kubeconfigText: string): Promise<{ readonly folder: string; readonly given: Given }> {
  const folder = await mkdtemp(join(tmpdir(), 'tiphys-pod-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const path = join(folder, 'kubeconfig');
  await writeFile(path, kubeconfigText);
  await writeFile(join(folder, 'token'), 'a token');
  await writeFile(join(folder, 'namespace'), 'team-a\n');
  return { folder, given: { ...byFlag(kubeconfig, path), name: '--kubeconfig' } };
}

function byFlag(setting: Given['setting'], text: string): Given {
  return { setting, source: 'flag', name: '--flag', object: '--flag', text };
}

for (const [where, env, text, more, expected] of [
  ['in a Pod, its own', POD, '{}', [], 'team-a'],
  ['in a Pod, what somebody says', POD, '{}', [byFlag(argocdNamespace, 'gitops')], 'gitops'],
  ['with a kubeconfig, the usual one', POD, CONTEXT, [], 'argocd'],
  ['outside of a Pod, the usual one', {}, '{}', [], 'argocd'],
] as const) {
  test(`Argo CD's namespace is, ${where}`, async () => {
    const { folder, given } = await openFolder(text);
    const settings = settle(await withOwnNamespace([given, ...more], env, folder));
    expect(settings.valueOf(argocdNamespace)).toBe(expected);
  });
}
