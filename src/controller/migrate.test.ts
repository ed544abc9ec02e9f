import { globSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { fileSource } from '../applications/files.ts';
import { migrateAnnotations } from '../config/migrate/annotations.ts';
import type { Application } from '../core/applications/application.ts';
import type { ImageUpdaterObject } from '../core/objects/image-updater-object.ts';
import type { TrackedImage } from '../core/tracked-image.ts';
import { isUntyped, mappingAt, textAt } from '../core/untyped.ts';
import { type ConfigurationSettings, resolveConfiguration } from './configure.ts';
import { migrateFromAnnotations } from './migrate.ts';

const PREFIX = 'argocd-image-updater.argoproj.io';
const NOTHING = { imageUpdaters: [], secrets: [], configMaps: [], failures: [], warnings: [] };
const SETTINGS: ConfigurationSettings = {
  defaultPlatforms: [{ os: 'linux', architecture: 'amd64' }],
  writeBackDefault: 'git',
  annotations: 'auto',
};

function application(name: string, annotations: Readonly<Record<string, string>>, namespace = 'argocd'): Application {
  return {
    namespace,
    name,
    project: 'default',
    labels: {},
    annotations: Object.fromEntries(
      Object.entries(annotations).map(([key, value]) => [key.includes('/') ? key : `${PREFIX}/${key}`, value]),
    ),
    sources: [],
    multiSource: false,
    status: { sourceTypes: [], images: [] },
  };
}

/** Manifests as they are read again, from text. */
function objectsOf(manifests: readonly object[]): readonly ImageUpdaterObject[] {
  return manifests.map((manifest) => {
    const read: unknown = JSON.parse(JSON.stringify(manifest));
    if (!isUntyped(read)) throw new Error('no manifest');
    const metadata = mappingAt(read, 'metadata');
    const [namespace = '', name = ''] = [textAt(metadata, 'namespace'), textAt(metadata, 'name')];
    return { namespace, name, annotations: {}, spec: read['spec'] };
  });
}

/** All that decides about an image, but what it is called. */
function meaning({
  application: { namespace, name },
  image,
  source,
  pullSecret,
  policy,
  keys,
  writeBack,
}: TrackedImage) {
  const { judge, allowTags, ignoreTags, ...rest } = policy;
  return {
    application: `${namespace}/${name}`,
    image,
    source,
    pullSecret,
    keys,
    writeBack,
    policy: { ...rest, strategy: judge.strategy.id, allowTags: allowTags?.text, ignoreTags: ignoreTags?.text },
  };
}

function meaningOf(applications: readonly Application[], imageUpdaters: readonly ImageUpdaterObject[]) {
  const { configured, failures } = resolveConfiguration({ applications, imageUpdaters }, SETTINGS);
  return { failures, images: configured.map(({ images }) => images.map(meaning)) };
}

/** What the annotations mean, and what their ImageUpdaters mean, without the annotations. */
function beforeAndAfter(applications: readonly Application[]) {
  const { manifests } = migrateAnnotations(applications, 'migrated');
  const bare = applications.map((one) => {
    const kept = Object.entries(one.annotations).filter(([key]) => !key.startsWith(PREFIX));
    return { ...one, annotations: Object.fromEntries(kept) };
  });
  return { before: meaningOf(applications, []), after: meaningOf(bare, objectsOf(manifests)) };
}

function specOf(manifest: object | undefined): unknown {
  return isUntyped(manifest) ? manifest['spec'] : undefined;
}

describe('annotations mean the same as their ImageUpdaters', () => {
  const folder = join(import.meta.dirname, '../../test/corpus/ok');
  for (const file of globSync('*.{yaml,json}', { cwd: folder })) {
    test(file, async () => {
      const source = fileSource({
        paths: [join(folder, file)],
        stdin: (async function* () {})(),
        cwd: folder,
        argocdNamespace: () => 'argocd',
      });
      const { applications } = await source.load(new AbortController().signal);
      const { before, after } = beforeAndAfter(applications);
      expect(after).toEqual(before);
    });
  }

  const alias = fc.constantFrom('web', 'a.b', 'foo/dummy', '_odd', undefined);
  const image = fc.constantFrom(
    'nginx',
    'ghcr.io/acme/web',
    'localhost:5000/a/web',
    'docker.io/library/redis',
    'not an image',
  );
  const constraint = fc.constantFrom('', ':1.x', ':~1.2', ':>=1.0 <2', ':1.x || 2.x', ':latest');
  const entry = fc
    .tuple(alias, image, constraint)
    .map(([name, text, range]) => `${name === undefined ? '' : `${name}=`}${text}${range}`);
  const VALUES: Readonly<Record<string, readonly string[]>> = {
    'update-strategy': ['semver', 'latest', 'Name', 'digest', 'newest-build', 'nonsense', ''],
    'allow-tags': ['any', 'regexp:^v', '', 'regexp:('],
    'tag-match': ['regexp:^x'],
    'ignore-tags': ['*-rc*, dev', '', ' , ', '[', 'a'],
    'force-update': ['true', 'F', 'maybe'],
    'pull-secret': ['env:A', 'secret:argocd/a#b', 'secret:other/a#b', 'a password'],
    platforms: ['linux/amd64', 'linux/arm64,linux/amd64', ' , '],
    'helm.image-name': ['image.name'],
    'helm.image-tag': ['image.tag'],
    'helm.image-spec': ['image'],
    'kustomize.image-name': ['base'],
    'write-back-method': ['git', 'git:secret:argocd/creds', 'git:repocreds', 'argocd', 'gti'],
    'write-back-target': ['kustomization', 'helmvalues:values.yaml', 'kustomization:/a'],
    'git-branch': ['main', 'main:other', ':x'],
    'git-repository': ['https://git.example.com/x'],
  };
  const setting = fc
    .constantFrom(...Object.keys(VALUES))
    .chain((name) =>
      fc.tuple(
        fc.constantFrom('', '', 'web.', 'a.b.', 'foo_dummy.'),
        fc.constant(name),
        fc.constantFrom(...(VALUES[name] ?? [])),
      ),
    );
  const own = fc.constantFrom<Readonly<Record<string, string>>>(
    {},
    { 'tiphys.dev/suspend': 'true' },
    { 'tiphys.dev/web.allow-downgrade': 'true' },
    { 'tiphys.dev/foo_dummy.source': 'main' },
  );
  const annotations = fc
    .tuple(fc.array(entry, { maxLength: 4 }), fc.array(setting, { maxLength: 8 }), own)
    .map(([list, settings, switches]) => {
      return {
        ...Object.fromEntries(settings.map(([of, name, value]) => [`${of}${name}`, value])),
        ...switches,
        'image-list': list.join(', '),
      };
    });

  test('whatever the annotations say', () => {
    fc.assert(
      fc.property(fc.array(annotations, { minLength: 1, maxLength: 4 }), (all) => {
        const applications = all.map((one, index) => application(`app-${index}`, one, index === 3 ? 'team' : 'argocd'));
        const { before, after } = beforeAndAfter(applications);
        expect(after.failures).toEqual([]);
        expect(after.images).toEqual(before.images);
      }),
      { numRuns: 300 },
    );
  });
});

describe('what is printed', () => {
  test('what all Applications say stands once, the rest where it belongs', () => {
    const shared = { 'write-back-method': 'git', 'write-back-target': 'kustomization', 'ignore-tags': '*-rc*, dev' };
    const { manifests, failures, notes } = migrateAnnotations(
      [
        application('api', { 'image-list': 'api=acme/api:~1.2', 'git-branch': 'main', ...shared }),
        application('web', { 'image-list': 'web=nginx:stable', 'web.update-strategy': 'digest', ...shared }),
      ],
      'migrated',
    );
    expect({ failures, notes }).toEqual({ failures: [], notes: [] });
    expect(manifests).toEqual([
      {
        apiVersion: `${PREFIX}/v1alpha1`,
        kind: 'ImageUpdater',
        metadata: { name: 'migrated', namespace: 'argocd' },
        spec: {
          commonUpdateSettings: { ignoreTags: ['*-rc*', 'dev'] },
          writeBackConfig: { method: 'git', gitConfig: { writeBackTarget: 'kustomization' } },
          applicationRefs: [
            {
              namePattern: 'api',
              writeBackConfig: { gitConfig: { branch: 'main' } },
              images: [{ alias: 'api', imageName: 'acme/api:~1.2' }],
            },
            {
              namePattern: 'web',
              images: [{ alias: 'web', imageName: 'nginx:stable', commonUpdateSettings: { updateStrategy: 'digest' } }],
            },
          ],
        },
      },
    ]);
  });

  for (const [what, given, messages] of [
    ['no alias', { 'image-list': 'ghcr.io/acme/web' }, ['has no alias, and is called "web"']],
    ['a slash', { 'image-list': 'a/b=nginx' }, [expect.stringContaining('the alias is "a_b" now')]],
    [
      'an old strategy',
      { 'image-list': 'w=nginx', 'w.update-strategy': 'latest' },
      ['the strategy "latest" is written "newest-build"'],
    ],
    ['tag-match', { 'image-list': 'w=nginx', 'w.tag-match': 'any' }, ['tag-match is written allowTags']],
    [
      'our own keys',
      { 'image-list': 'w=nginx', 'tiphys.dev/suspend': 'true' },
      ['keep on the Application, where they count: tiphys.dev/suspend'],
    ],
    [
      'a glob that matches nothing',
      { 'image-list': 'w=nginx', 'w.ignore-tags': '[' },
      [expect.stringContaining('"[" is no glob')],
    ],
    ['no list', { 'write-back-method': 'git' }, [expect.stringContaining('there is no')]],
  ] as const) {
    test(`${what} is noted`, () => {
      const { failures, notes } = migrateAnnotations([application('shop', given)], 'migrated');
      expect(failures).toEqual([]);
      expect(notes.map(({ message }) => message)).toEqual(messages);
    });
  }

  test('no password is repeated', () => {
    const shop = application('shop', { 'image-list': 'w=nginx', 'git-repository': 'https://me:hunter2@git.example/r' });
    const { manifests, notes } = migrateFromAnnotations({ ...NOTHING, applications: [shop] }, 'm');
    expect(JSON.stringify({ manifests, notes })).not.toContain('hunter2');
    expect(JSON.stringify(manifests)).toContain('https://git.example/r');
    expect(notes).toMatchObject([
      { message: expect.stringContaining('the credentials in git-repository are left out') },
    ]);
  });

  test('two images without alias never share one', () => {
    const { manifests } = migrateAnnotations(
      [application('shop', { 'image-list': 'acme/web, other/web, web=nginx' })],
      'migrated',
    );
    expect(specOf(manifests[0])).toMatchObject({
      applicationRefs: [{ images: [{ alias: 'web-2' }, { alias: 'web-3' }, { alias: 'web' }] }],
    });
  });

  test('the method argocd is kept, although it is not done yet', () => {
    const shop = application('shop', { 'image-list': 'w=nginx', 'write-back-method': 'argocd' });
    const { manifests, failures } = migrateAnnotations([shop], 'migrated');
    expect(failures).toEqual([]);
    expect(specOf(manifests[0])).toMatchObject({ applicationRefs: [{ writeBackConfig: { method: 'argocd' } }] });
  });
});

describe('what is not translated', () => {
  const shop = application('shop', { 'image-list': 'w=nginx, x=redis', 'x.update-strategy': 'smever' });

  test('an image with a mistake is a failure, the others go on', () => {
    const { manifests, failures } = migrateFromAnnotations({ ...NOTHING, applications: [shop] }, 'm');
    expect(failures).toMatchObject([{ object: 'argocd/shop x', fix: 'write semver' }]);
    expect(specOf(manifests[0])).toMatchObject({ applicationRefs: [{ images: [{ alias: 'w' }] }] });
  });

  test('an Application that an ImageUpdater selects already', () => {
    const spec = { applicationRefs: [{ namePattern: '*', useAnnotations: true }] };
    const imageUpdaters = [{ namespace: 'argocd', name: 'all', annotations: {}, spec }];
    const given = { ...NOTHING, applications: [shop], imageUpdaters };
    const { manifests, notes } = migrateFromAnnotations(given, 'm');
    expect(manifests).toEqual([]);
    expect(notes).toMatchObject([
      { object: 'argocd/shop', message: expect.stringContaining('ImageUpdater argocd/all') },
    ]);
  });

  test('a name that an object of the input has', () => {
    const spec = { applicationRefs: [{ namePattern: 'x', useAnnotations: true }] };
    const imageUpdaters = [{ namespace: 'argocd', name: 'm', annotations: {}, spec }];
    const given = { ...NOTHING, applications: [application('shop', { 'image-list': 'w=nginx' })], imageUpdaters };
    const { manifests, failures } = migrateFromAnnotations(given, 'm');
    expect(manifests).toEqual([]);
    expect(failures).toMatchObject([{ code: 'CONFIG_CONFLICT', object: 'ImageUpdater argocd/m' }]);
  });

  test('an object of before, when what is left is not annotated', () => {
    const spec = { applicationRefs: [{ namePattern: 'shop', useAnnotations: true }] };
    const imageUpdaters = [{ namespace: 'argocd', name: 'm', annotations: {}, spec }];
    const given = { ...NOTHING, applications: [shop, application('plain', {})], imageUpdaters };
    expect(migrateFromAnnotations(given, 'm')).toMatchObject({ manifests: [], failures: [] });
  });

  test('nothing is noted', () => {
    const { manifests, notes } = migrateFromAnnotations({ ...NOTHING, applications: [application('shop', {})] }, 'm');
    expect({ manifests, notes: notes.length }).toEqual({ manifests: [], notes: 1 });
  });
});
