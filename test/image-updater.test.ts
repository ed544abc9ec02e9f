import { load } from 'js-yaml';
import { describe, expect, test } from 'vitest';
import { resolveConfiguration } from '../src/controller/configure.ts';
import { parseApplication } from '../src/core/objects/parse-application.ts';
import { targetCandidates } from '../src/core/target-path.ts';
import type { TrackedImage } from '../src/core/tracked-image.ts';
import { isUntyped, listAt, mappingAt, textsAt } from '../src/core/untyped.ts';
import { chooseSource } from '../src/sources/choose-source.ts';
import { targetKinds } from '../src/writeback/index.ts';
import { goldenCases } from './golden/golden.ts';
import { known } from './policy.ts';
import type { GoldenWrite } from './support/golden-writes.ts';
import { memoryTree } from './support/memory-tree.ts';
import { versionFrom } from './support/target-images.ts';
import { application, startWorld, type World } from './support/world.ts';

function imageUpdater(name: string, spec: object, annotations: object = {}): string {
  const apiVersion = 'argocd-image-updater.argoproj.io/v1alpha1';
  return `${JSON.stringify({ apiVersion, kind: 'ImageUpdater', metadata: { name, namespace: 'argocd', annotations }, spec })}\n---\n`;
}

const kustomization = (image: string, tag: string) =>
  `# please keep\nresources: []\nimages:\n  - name: ${image}\n    newTag: "${tag}" # moved by robots\n`;

const git = (writeBackTarget: string) => ({ method: 'git', gitConfig: { writeBackTarget } });

async function plain(world: World, name: string, image: string, tag: string) {
  const repository = await world.repository(name, new Map([['kustomization.yaml', kustomization(image, tag)]]));
  const manifest = application(name, { repoURL: repository.url }, {}).replace(/"annotations":\{[^}]*\},?/, '');
  return { ...repository, manifest };
}

describe('from an ImageUpdater to a pushed commit', () => {
  test('two policies by specificity, explained', async () => {
    await using world = await startWorld();
    const image = `${world.registry.host}/acme/app`;
    world.putTags('acme/app', '1.0.0', '1.0.1', '1.1.0');
    const [prod, dev] = [await plain(world, 'prod', image, '1.0.0'), await plain(world, 'dev', image, '1.0.0')];
    const images = (constraint: string) => [{ alias: 'app', imageName: `${image}:${constraint}` }];
    const spec = {
      writeBackConfig: git('kustomization'),
      applicationRefs: [
        { namePattern: '*', images: images('1.x') },
        { namePattern: 'prod', images: images('~1.0') },
      ],
    };
    await world.manifests('apps.yaml', prod.manifest + dev.manifest + imageUpdater('all', spec));
    expect(await world.tiphys(['run', '--once'])).toMatchObject({ code: 0, stderr: '' });
    expect(await world.gitIn(prod.path, 'show', 'main:kustomization.yaml')).toBe(kustomization(image, '1.0.1'));
    expect(await world.gitIn(dev.path, 'show', 'main:kustomization.yaml')).toBe(kustomization(image, '1.1.0'));

    const explained = await world.tiphys(['explain', 'prod', '-o', 'json']);
    expect(JSON.parse(explained.stdout).items[0].policy).toEqual({
      rule: 'ImageUpdater argocd/all spec.applicationRefs[1] "prod" (score 1000004)',
      passedOver: [
        { rule: 'ImageUpdater argocd/all spec.applicationRefs[0] "*" (score 0)', reason: 'is less specific' },
      ],
    });
  });

  test('annotations count only where an ImageUpdater asks for them', async () => {
    await using world = await startWorld();
    const image = `${world.registry.host}/acme/app`;
    world.putTags('acme/app', '1.0.0', '1.1.0');
    const files = new Map([['kustomization.yaml', kustomization(image, '1.0.0')]]);
    const [asked, other] = [await world.repository('asked', files), await world.repository('other', files)];
    const settings = { 'image-list': `app=${image}`, 'write-back-target': 'kustomization' };
    await world.manifests(
      'apps.yaml',
      application('asked', { repoURL: asked.url }, settings) +
        application('other', { repoURL: other.url }, settings) +
        imageUpdater('annotated', { applicationRefs: [{ namePattern: 'ask*', useAnnotations: true }] }),
    );
    const { code, stderr } = await world.tiphys(['run', '--once']);
    expect(code).toBe(0);
    expect(stderr).toContain('argocd/other: its annotations are not read');
    expect(await world.gitIn(asked.path, 'show', 'main:kustomization.yaml')).toBe(kustomization(image, '1.1.0'));
    expect(await world.gitIn(other.path, 'show', 'main:kustomization.yaml')).toBe(kustomization(image, '1.0.0'));
  });

  test("a plugin's variables", async () => {
    await using world = await startWorld();
    const image = `${world.registry.host}/acme/app`;
    world.putTags('acme/app', '1.0.0', '1.1.0');
    const { path, url } = await world.repository('deploy', new Map([['README.md', 'made by a plugin\n']]));
    const env = [
      { name: 'ENV', value: 'prod' },
      { name: 'IMAGE', value: `${image}:1.0.0` },
    ];
    const target = { alias: 'app', imageName: `${image}:1.x`, manifestTargets: { plugin: { spec: 'IMAGE' } } };
    const spec = { writeBackConfig: { method: 'git' }, applicationRefs: [{ namePattern: 'web', images: [target] }] };
    const app = application('web', { repoURL: url, more: { plugin: { name: 'p', env } } }, {});
    await world.manifests('app.yaml', app + imageUpdater('web', spec));
    expect(await world.tiphys(['run', '--once'])).toMatchObject({ code: 0, stderr: '' });
    expect(await world.gitIn(path, 'show', 'main:.argocd-source-web.yaml')).toBe(
      `plugin:\n  env:\n  - name: ENV\n    value: prod\n  - name: IMAGE\n    value: ${image}:1.1.0\n`,
    );
  });

  test('a mistake says where it stands, and stops nothing else', async () => {
    await using world = await startWorld();
    const image = `${world.registry.host}/acme/app`;
    world.putTags('acme/app', '1.0.0', '1.1.0');
    const [good, bad] = [await plain(world, 'good', image, '1.0.0'), await plain(world, 'bad', image, '1.0.0')];
    const images = [{ alias: 'app', imageName: image }];
    const writeBackConfig = git('kustomization');
    await world.manifests(
      'apps.yaml',
      good.manifest +
        bad.manifest +
        imageUpdater('good', { writeBackConfig, applicationRefs: [{ namePattern: '*', images }] }) +
        imageUpdater('bad', { writeBackConfg: {}, applicationRefs: [{ namePattern: 'bad', images }] }),
    );
    const { code, stderr } = await world.tiphys(['run', '--once']);
    expect(code).toBe(2);
    expect(stderr).toContain('ImageUpdater argocd/bad: spec.writeBackConfg: there is no such field');
    expect(stderr).toContain('write writeBackConfig');
    expect(await world.gitIn(good.path, 'show', 'main:kustomization.yaml')).toBe(kustomization(image, '1.1.0'));
    expect(await world.gitIn(bad.path, 'show', 'main:kustomization.yaml')).toBe(kustomization(image, '1.0.0'));
  });
});

/** A golden case as it was given to upstream: an Application and parts of an ImageUpdater. */
interface GoldenConfiguration extends GoldenWrite {
  readonly application: GoldenWrite['application'] & { readonly metadata: { readonly name: string } };
  readonly path: string;
  readonly skipped?: boolean;
}

describe('as upstream, from the ImageUpdater to the file', () => {
  test('argocdsource.jsonl', async () => {
    const cases = goldenCases<GoldenConfiguration>('argocdsource.jsonl').filter(isComparable);
    expect(cases.length).toBeGreaterThan(15);
    for (const golden of cases) {
      const images = configuredImages(golden);
      expect(
        images.map(({ alias }) => alias),
        golden.note,
      ).toEqual(golden.images.map(({ alias }) => alias));
      const after = await written(golden, images);
      expect(meaning(after, golden), golden.note).toEqual(meaning(golden.after ?? '', golden));
    }
  });
});

/**
 * Left out: what is marked as a defect; and cases in which nothing is committed, where upstream compares with what runs
 * and not with what Git says.
 */
function isComparable({ defect, skipped }: GoldenConfiguration): boolean {
  return defect === undefined && !skipped;
}

function configuredImages({
  application: manifest,
  images,
  updates,
  writeBackConfig,
}: GoldenConfiguration): readonly TrackedImage[] {
  const parsed = known(parseApplication(manifest, 'argocd'));
  // What follows the colon is a tag to follow where a digest is written; the data has no strategies.
  const commonUpdateSettings = updates.some(({ digest }) => digest) ? { updateStrategy: 'digest' } : {};
  const spec = { writeBackConfig, commonUpdateSettings, applicationRefs: [{ namePattern: parsed.name, images }] };
  const imageUpdaters = [{ namespace: parsed.namespace, name: 'golden', annotations: {}, spec }];
  const { configured, failures } = resolveConfiguration(
    { applications: [parsed], imageUpdaters },
    { defaultPlatforms: [], writeBackDefault: undefined, annotations: 'auto' },
  );
  expect([...failures, ...configured.flatMap((one) => one.failures)]).toEqual([]);
  return configured.flatMap((one) => one.images);
}

/** The target's text after the updates of the case; its path is compared on the way. */
async function written(golden: GoldenConfiguration, images: readonly TrackedImage[]): Promise<string> {
  const wanted = golden.updates.map(async ({ alias, tag, digest }) => {
    const tracked = images.find((image) => image.alias === alias);
    if (!tracked) throw new Error(`no image ${alias}`);
    const choice = await chooseSource(tracked, async () => memoryTree({}));
    if (!choice.ok) throw new Error(choice.problem.message);
    const { source, tool } = choice;
    const { application, writeBack, image, keys } = tracked;
    const place = { sourcePath: source.path ?? '', application, argocdNamespace: 'argocd' };
    if (writeBack.target.kind === 'application') throw new Error('no file is written');
    expect(known(targetCandidates(writeBack.target, place)), golden.note).toContain(golden.path);
    return { image, keys, tool, source, version: versionFrom(digest ? `${tag}@${digest}` : tag) };
  });
  const [target] = images.map(({ writeBack }) => writeBack.target);
  const kind = targetKinds.find(({ id }) => id === target?.kind);
  if (!kind) throw new Error('no target');
  const edited = kind.open(golden.before ?? undefined, golden.path).edit(await Promise.all(wanted));
  expect(edited.problems, golden.note).toEqual(new Map());
  return edited.text;
}

/** What Argo CD and Helm take from the file, without the image names that nobody configured: upstream writes them always. */
function meaning(text: string, { images, before }: GoldenConfiguration): unknown {
  const content: unknown = load(text);
  const file = isUntyped(content) ? content : {};
  const named = images.some(({ manifestTargets }) => manifestTargets?.helm?.name === 'image.name');
  const isMeant = (name: unknown) => named || before?.includes('image.name') || name !== 'image.name';
  const pairs = (path: readonly [string, string]) =>
    listAt(mappingAt(file, path[0]), path[1])
      .filter(isUntyped)
      .flatMap(({ name, value }) => (isMeant(name) ? [`${name}=${value}`] : []))
      .sort();
  const { helm: _, kustomize: __, plugin: ___, ...values } = file;
  return {
    parameters: pairs(['helm', 'parameters']),
    variables: pairs(['plugin', 'env']),
    images: [...textsAt(mappingAt(file, 'kustomize'), 'images')].sort(),
    values,
  };
}
