import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runTiphys } from '../support/world.ts';
import { KUBE_TOOLS, type Kube, startKube } from './kube.ts';
import { application } from './kube-objects.ts';
import { lacking } from './tools.ts';

const lacks = lacking(...KUBE_TOOLS);

describe.skipIf(lacks !== '')(`tiphys diff, on a real API server ${lacks}`, () => {
  let kube: Kube;
  let folder = '';
  beforeAll(async () => {
    [kube, folder] = await Promise.all([startKube(), mkdtemp(join(tmpdir(), 'tiphys-diff-'))]);
    await kube.createNamespace('argocd');
    // Whoever compares reads two Applications, and nothing else.
    const names = ['shop-staging', 'shop-production'];
    const rule = { apiGroups: ['argoproj.io'], resources: ['applications'], verbs: ['get'], resourceNames: names };
    await kube.allow('argocd', 'reader', [rule]);
    await kube.apply(
      deployed('shop-staging', ['acme/web=dev.example.com/web:1.5.0'], ['dev.example.com/web:1.5.0', 'acme/api:2']),
      deployed('shop-production', ['acme/web=example.com/web:1.4.2'], ['example.com/web:1.4.2', 'acme/api:2']),
      application('new'),
    );
  });
  afterAll(async () => {
    await rm(folder, { recursive: true, force: true });
    await kube?.[Symbol.asyncDispose]();
  });

  async function diff(...args: readonly string[]) {
    const kubeconfig = await kube.kubeconfigFor('argocd', 'reader');
    return await runTiphys(['diff', ...args, '--kubeconfig', kubeconfig], folder, { HOME: folder });
  }

  test('two Applications by their names', async () => {
    const { stdout, code } = await diff('shop-staging', 'argocd/shop-production');
    expect(stdout.split('\n').map((line) => line.split(/ {2,}/))).toEqual([
      ['IMAGE', 'shop-staging', 'argocd/shop-production'],
      ['acme/web', 'dev.example.com/web:1.5.0', 'example.com/web:1.4.2'],
      [''],
    ]);
    expect(code).toBe(1);
  });

  test('an Application and a file', async () => {
    const pod = 'apiVersion: v1\nkind: Pod\nspec: {containers: [{image: acme/web:1}, {image: "acme/api:2"}]}\n';
    await writeFile(join(folder, 'pod.yaml'), pod);
    const { stdout, code } = await diff('pod.yaml', 'shop-staging', '-o', 'json');
    expect([code, JSON.parse(stdout)]).toMatchObject([1, { differences: [{ name: 'acme/web' }], same: ['acme/api'] }]);
  });

  test('one that may not be read is an error', async () => {
    expect(await diff('shop-staging', 'new')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('CLUSTER_FORBIDDEN'),
    });
  });
});

function deployed(name: string, overrides: readonly string[], images: readonly string[]) {
  const { spec, ...rest } = application(name);
  const status = { summary: { images } };
  return { ...rest, spec: { ...spec, source: { ...spec.source, kustomize: { images: overrides } } }, status };
}
