import { describe, expect, test } from 'vitest';
import type { Application } from '../core/applications/application.ts';
import type { ImageUpdaterObject } from '../core/objects/image-updater-object.ts';
import { type ConfigurationSettings, openResolver, resolveConfiguration } from './configure.ts';

const LIST = 'argocd-image-updater.argoproj.io/image-list';
const SETTINGS: ConfigurationSettings = { defaultPlatforms: [], writeBackDefault: 'git', annotations: 'auto' };

function application(name: string, annotations: Readonly<Record<string, string>> = {}): Application {
  return {
    namespace: 'argocd',
    name,
    project: 'default',
    labels: {},
    annotations,
    sources: [],
    multiSource: false,
    status: { sourceTypes: [], images: [] },
  };
}

function updater(name: string, ref: object, more: object = {}): ImageUpdaterObject {
  const spec = { applicationRefs: [{ images: [{ alias: name, imageName: 'nginx' }], ...ref }], ...more };
  return { namespace: 'argocd', name, annotations: {}, spec };
}

function resolve(
  applications: readonly Application[],
  imageUpdaters: readonly ImageUpdaterObject[],
  annotations: ConfigurationSettings['annotations'] = 'auto',
) {
  const { configured, ...rest } = resolveConfiguration({ applications, imageUpdaters }, { ...SETTINGS, annotations });
  const aliases = configured.map(({ images }) => images.map(({ alias }) => alias).join(' '));
  return { aliases, configured, ...rest };
}

describe('whose an Application is', () => {
  const annotated = application('shop', { [LIST]: 'web=nginx' });
  const other = updater('other', { namePattern: 'other' });
  for (const [annotations, updaters, expected] of [
    ['auto', [], 'web'],
    ['auto', [other], ''],
    ['auto', [updater('any', { namePattern: '*', useAnnotations: true, images: [] })], 'web'],
    ['auto', [updater('any', { namePattern: '*' })], 'any'],
    ['always', [other], 'web'],
    ['always', [updater('any', { namePattern: '*' })], 'any'],
    ['never', [], ''],
    ['never', [updater('any', { namePattern: '*', useAnnotations: true, images: [] })], 'web'],
  ] as const) {
    const names = updaters.map(({ spec }) => JSON.stringify(spec)).join();
    test(`--annotations ${annotations}, ${names || 'no ImageUpdater'}: ${expected || 'nothing'}`, () => {
      expect(resolve([annotated], updaters, annotations).aliases).toEqual([expected]);
    });
  }

  test('annotations that nobody reads are named', () => {
    const { configured } = resolve([annotated, application('plain')], [other]);
    expect(configured.map(({ warnings }) => warnings.map(({ code, object }) => `${code} ${object}`))).toEqual([
      ['SETTING_UNUSED argocd/shop'],
      [],
    ]);
  });
});

describe('several rules', () => {
  const applications = ['shop-a', 'shop-b', 'shop-c', 'shop-d', 'db'].map((name) => application(name));
  const all = updater('all', { namePattern: '*' });
  const shops = updater('shops', { namePattern: 'shop-*' });

  test('the more specific object wins, and the conflict is one warning', () => {
    const { aliases, warnings, failures } = resolve(applications, [all, shops]);
    expect(aliases).toEqual(['shops', 'shops', 'shops', 'shops', 'all']);
    expect(failures).toEqual([]);
    expect(warnings).toMatchObject([
      {
        code: 'CONFIG_CONFLICT',
        object: 'ImageUpdater argocd/all',
        message:
          'argocd/shop-a, argocd/shop-b, argocd/shop-c and 1 more: also selected by ' +
          'ImageUpdater argocd/shops spec.applicationRefs[0] "shop-*" (score 5), which is used; ' +
          'spec.applicationRefs[0] "*" (score 0) is less specific',
        location: { path: ['spec', 'applicationRefs', 0, 'namePattern'] },
      },
    ]);
  });

  test('several references of one object are no conflict; both are told', () => {
    const images = (alias: string) => [{ alias, imageName: 'nginx' }];
    const spec = {
      applicationRefs: [
        { namePattern: '*', images: images('any') },
        { namePattern: 'shop-*', images: images('shop') },
      ],
    };
    const { configured, aliases, warnings } = resolve(applications, [{ ...all, spec }]);
    expect(aliases).toEqual(['shop', 'shop', 'shop', 'shop', 'any']);
    expect(warnings).toEqual([]);
    expect(configured[0]?.images[0]?.policyOrigin).toEqual({
      rule: 'ImageUpdater argocd/all spec.applicationRefs[1] "shop-*" (score 5)',
      updater: { namespace: 'argocd', name: 'all' },
      passedOver: [
        { rule: 'ImageUpdater argocd/all spec.applicationRefs[0] "*" (score 0)', reason: 'is less specific' },
      ],
    });
  });

  describe('a reference that asks for annotations (reference part 1, 1.11)', () => {
    const annotated = updater('annotated', { namePattern: 'shop', useAnnotations: true, images: [] });
    const ours = (key: string) => ({ [`argocd-image-updater.argoproj.io/${key}`]: 'web=nginx' });
    for (const [what, annotations, expected] of [
      ['takes what has an image list', ours('image-list'), 'web'],
      ['passes over what is not annotated', {}, 'all'],
      ['passes over annotations of others', { 'example.com/image-list': 'web=nginx' }, 'all'],
      ['keeps what has another annotation of upstream', ours('write-back-target'), ''],
      ['keeps what has a misspelt image list', ours('image-lst'), ''],
      ['keeps what has a misspelt prefix', { 'argocd-image-updater.argoproj.o/image-list': 'web=nginx' }, ''],
    ] as const) {
      test(what, () => {
        expect(resolve([application('shop', annotations)], [all, annotated]).aliases).toEqual([expected]);
      });
    }
  });

  test('a bad reference is a failure of its Applications, and no other takes over', () => {
    const bad = updater('shops', { namePattern: 'shop-*', commonUpdateSettings: { allowTags: 'oops' } });
    const { aliases, configured } = resolve(applications, [all, bad]);
    expect(aliases).toEqual(['', '', '', '', 'all']);
    expect(configured[0]).toMatchObject({
      failedImages: [
        { identity: { application: 'argocd/shop-a', alias: 'shops', image: 'nginx', strategy: 'semver' } },
      ],
      failures: [{ code: 'CONFIG_INVALID', object: 'ImageUpdater argocd/shops' }],
    });
    // One failure for all of them: the object says it, not each Application.
    const problems = configured.flatMap(({ failures }) => failures);
    expect(new Set(problems.map((problem) => JSON.stringify(problem))).size).toBe(1);
  });

  test('an object that is wrong as a whole is one failure, and keeps its Applications', () => {
    const { aliases, failures } = resolve(applications, [
      all,
      updater('shops', { namePattern: 'shop-*' }, { oops: 1 }),
    ]);
    expect(aliases).toEqual(['', '', '', '', 'all']);
    expect(failures).toMatchObject([{ code: 'CONFIG_UNKNOWN_KEY', object: 'ImageUpdater argocd/shops' }]);
  });
});

describe('resolving again', () => {
  const applications = ['a', 'b', 'c'].map((name) => application(name));
  const live = { uid: '1', generation: 1, finalizers: [], isBeingDeleted: false, status: undefined };
  const first = { applications, imageUpdaters: [{ ...updater('any', { namePattern: '*' }), live }] };
  const [one, ...others] = applications;

  for (const [what, input, kept] of [
    ['nothing is new', { ...first, applications: [...applications] }, 3],
    [
      'a status is new',
      { ...first, imageUpdaters: first.imageUpdaters.map((all) => ({ ...all, live: { ...live, status: {} } })) },
      3,
    ],
    [
      'an Application is new',
      { ...first, applications: [...(one ? [{ ...one, labels: { a: 'b' } }] : []), ...others] },
      2,
    ],
    ['one is gone', { ...first, applications: others }, 2],
    [
      'an ImageUpdater is new',
      { ...first, imageUpdaters: [...first.imageUpdaters, updater('b', { namePattern: 'b' })] },
      0,
    ],
    ['projects are new', { ...first, projects: [], hasAllProjects: true }, 0],
  ] as const) {
    test(`gives what resolving from scratch gives when ${what}, and reads ${kept} of three no more`, () => {
      const resolver = openResolver(SETTINGS);
      const before = new Set(resolver(first).configured);
      const after = resolver(input);
      const { configured, ...rest } = resolveConfiguration(input, SETTINGS);
      expect(after).toEqual({ configured: configured.map(({ written: _, ...one }) => one), ...rest });
      expect(after.configured.filter((configured) => before.has(configured))).toHaveLength(kept);
    });
  }

  test('of a thousand Applications that say the same it keeps one policy, and nothing of how that was written', () => {
    const annotations = { [LIST]: 'web=nginx:~1.2', 'argocd-image-updater.argoproj.io/web.allow-tags': 'regexp:^1' };
    const alike = Array.from({ length: 1_000 }, (_, nth) => application(`app-${nth}`, annotations));
    const { configured } = openResolver(SETTINGS)({ applications: alike, imageUpdaters: [] });
    const images = configured.flatMap((one) => one.images);
    expect(images).toHaveLength(1_000);
    expect(new Set(images.map(({ policy }) => policy)).size).toBe(1);
    expect(new Set(images.map(({ policyOrigin }) => policyOrigin)).size).toBe(1);
    expect(new Set(configured.map(({ warnings }) => warnings)).size).toBe(1);
    expect(configured.filter((one) => 'written' in one)).toEqual([]);
  });
});
