import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse, stringify } from 'yaml';
import { runTiphys, startWorld, type World } from '../support/world.ts';
import { grantedKubeconfig } from './granted.ts';
import { KUBE_TOOLS, type Kube, startKube } from './kube.ts';
import { application, imageUpdater, openProject } from './kube-objects.ts';
import { lacking } from './tools.ts';

const lacks = lacking(...KUBE_TOOLS);

describe.skipIf(lacks !== '')(`commands without -f, over a cluster ${lacks}`, () => {
  let kube: Kube;
  let world: World;
  let kubeconfig: string;
  const paths = new Map<string, string>();
  beforeAll(async () => {
    [kube, world] = await Promise.all([startKube(), startWorld()]);
    for (const namespace of ['argocd', 'blog']) await kube.createNamespace(namespace);
    await kube.apply(openProject('argocd', 'default', { sourceNamespaces: ['*'] }));
    await arrange('argocd', 'shop', 'test');
    await arrange('argocd', 'web', 'prod');
    await arrange('blog', 'blog', 'prod');
    kubeconfig = await grantedKubeconfig(kube, ['--mode', 'cluster']);
    await addContext('blog');
  });
  afterAll(() => Promise.all([kube, world].map((one) => one?.[Symbol.asyncDispose]())));

  /** An Application that is behind, and the ImageUpdater that follows its image. */
  async function arrange(namespace: string, name: string, stage: string): Promise<void> {
    const image = `${world.registry.host}/acme/${name}`;
    world.putTags(`acme/${name}`, '1.0.0', '1.1.0');
    const text = `images:\n- name: ${image}\n  newTag: 1.0.0\n`;
    const { path, url } = await world.repository(name, new Map([['deploy/kustomization.yaml', text]]));
    paths.set(name, path);
    const made = application(name, { namespace });
    const writeBackConfig = { method: 'git', gitConfig: { writeBackTarget: 'kustomization' } };
    const applicationRefs = [{ namePattern: name, images: [{ alias: 'app', imageName: `${image}:1.x` }] }];
    await kube.apply(
      {
        ...made,
        metadata: { ...made.metadata, labels: { stage } },
        spec: { ...made.spec, source: { repoURL: url, path: 'deploy', targetRevision: 'main' } },
      },
      imageUpdater(name, { writeBackConfig, applicationRefs }, namespace),
    );
  }

  async function tiphys(...args: readonly string[]) {
    const env = { HOME: world.folder, XDG_STATE_HOME: join(world.folder, 'state'), KUBECONFIG: kubeconfig };
    return await runTiphys(args, world.folder, env);
  }

  for (const [flags, expected] of [
    [[], ['argocd/shop', 'argocd/web']],
    [['-n', 'blog'], ['blog/blog']],
    [['-A'], ['argocd/shop', 'argocd/web', 'blog/blog']],
    [['-l', 'stage=test'], ['argocd/shop']],
    [
      ['-A', '-l', 'stage=prod'],
      ['argocd/web', 'blog/blog'],
    ],
    [['--context', 'blog'], ['blog/blog']],
  ] as const) {
    test(`plan ${flags.join(' ')} is about ${expected.join(', ')}`, async () => {
      const { code, stdout, stderr } = await tiphys('plan', '-o', 'json', '--argocd-namespace', 'argocd', ...flags);
      expect([code, stderr]).toEqual([0, '']);
      const items: readonly { readonly application: string; readonly to: string }[] = JSON.parse(stdout).items;
      expect(items.map(({ application: name, to }) => [name, to])).toEqual(expected.map((name) => [name, '1.1.0']));
    });
  }

  test('explain and lint tell of them too', async () => {
    const explained = await tiphys('explain', 'shop');
    expect(explained).toMatchObject({
      code: 0,
      stderr: '',
      stdout: expect.stringMatching(/Git says +1\.0\.0,.*chosen +1\.1\.0$/ms),
    });
    expect(await tiphys('lint')).toMatchObject({ code: 0, stderr: '' });
  });

  test('run --once moves them, and nobody else', async () => {
    const { code, stderr } = await tiphys('run', '--once', '-l', 'stage=test');
    expect([code, stderr]).toEqual([0, '']);
    const says = async (name: string) => world.gitIn(paths.get(name) ?? '', 'show', 'main:deploy/kustomization.yaml');
    expect(await says('shop')).toContain('newTag: 1.1.0');
    for (const name of ['web', 'blog']) expect(await says(name)).toContain('newTag: 1.0.0');
  });

  /** Of the same user in another namespace. */
  async function addContext(namespace: string): Promise<void> {
    const config = parse(await readFile(kubeconfig, 'utf8'));
    const [first] = config.contexts;
    config.contexts = [first, { name: namespace, context: { ...first.context, namespace } }];
    await writeFile(kubeconfig, stringify(config));
  }
});
