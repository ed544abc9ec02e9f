import { describe, expect, test } from 'vitest';
import type { Application } from '../../core/applications/application.ts';
import { formatPlatform } from '../../core/platform.ts';
import type { ReadImages } from '../read-images.ts';
import { applyClaim } from './apply.ts';
import type { UpdateSettings } from './definition.ts';
import { readImageUpdaters } from './read.ts';
import { claimsOn } from './select.ts';

const UPSTREAM = 'argocd-image-updater.argoproj.io';

function application(annotations: Readonly<Record<string, string>> = {}): Application {
  return {
    namespace: 'argocd',
    name: 'shop',
    project: 'default',
    labels: {},
    annotations,
    sources: [{ repoURL: 'https://git.example.com/r', path: 'a', targetRevision: '', plugin: false, directory: false }],
    multiSource: false,
    status: { sourceTypes: [], images: [] },
  };
}

interface Given {
  readonly spec?: object;
  readonly ref?: object;
  readonly image?: object;
  readonly annotations?: Readonly<Record<string, string>>;
  /** Those of the Application. */
  readonly own?: Readonly<Record<string, string>>;
  readonly writeBackDefault?: 'git' | undefined;
}

function apply({ spec = {}, ref = {}, image = {}, annotations = {}, own, ...rest }: Given): ReadImages {
  const images = [{ alias: 'web', imageName: 'nginx:1.x', ...image }];
  const object = {
    namespace: 'argocd',
    name: 'iu',
    annotations,
    spec: { applicationRefs: [{ namePattern: '*', images, ...ref }], ...spec },
  };
  const { updaters, failures } = readImageUpdaters([object]);
  expect(failures).toEqual([]);
  const app = application(own);
  const [claim] = claimsOn(app, updaters);
  if (!claim) throw new Error('not selected');
  return applyClaim(app, claim, { defaultPlatforms: [], writeBackDefault: 'git', ...rest });
}

function applyOne(given: Given) {
  const { images, failures } = apply(given);
  expect(failures).toEqual([]);
  const [image] = images;
  if (!image) throw new Error('no image');
  return image;
}

const settings = (commonUpdateSettings: UpdateSettings) => ({ commonUpdateSettings });

describe('three levels (reference part 1, 1.10)', () => {
  test('strategy of the object, filter of the image', () => {
    const image = applyOne({
      spec: settings({ updateStrategy: 'alphabetical' }),
      image: settings({ allowTags: 'any' }),
    });
    expect(image.policy.judge.strategy.id).toBe('alphabetical');
    expect(image.policy.allowTags).toBeUndefined();
  });

  for (const [spec, ref, ignored] of [
    [['dev'], ['rc*'], ['rc1']],
    [['dev'], [], []],
    [['dev'], undefined, ['dev']],
  ] as const) {
    test(`ignoreTags ${JSON.stringify(spec)}, then ${JSON.stringify(ref)}`, () => {
      const { policy } = applyOne({
        spec: settings({ ignoreTags: spec }),
        ref: settings(ref === undefined ? {} : { ignoreTags: ref }),
      });
      expect(['dev', 'rc1'].filter((tag) => policy.ignoreTags?.matches(tag))).toEqual(ignored);
    });
  }

  test('an empty text replaces what stands above', () => {
    const image = applyOne({
      spec: settings({ allowTags: 'regexp:^v', pullSecret: 'env:A', updateStrategy: 'digest' }),
      ref: settings({ pullSecret: '', updateStrategy: '' }),
      image: settings({ allowTags: '' }),
    });
    expect(image.policy.allowTags).toBeUndefined();
    expect(image).not.toHaveProperty('pullSecret');
    expect(image.policy.judge.strategy.id).toBe('semver');
  });

  test('an empty strategy is semver, with a warning', () => {
    expect(apply({ ref: settings({ updateStrategy: '' }) }).warnings).toMatchObject([
      { object: 'ImageUpdater argocd/iu', message: expect.stringContaining('updateStrategy: is empty') },
    ]);
  });

  test('false replaces true', () => {
    const given = { spec: settings({ forceUpdate: true }), image: settings({ forceUpdate: false }) };
    expect(applyOne(given).policy.forceUpdate).toBe(false);
  });

  test('platforms, of any level', () => {
    const { policy } = applyOne({ ref: settings({ platforms: ['linux/arm64/v8', ' linux/amd64 '] }) });
    expect(policy.platforms.map(formatPlatform)).toEqual(['linux/arm64/v8', 'linux/amd64']);
  });

  test('write-back: each field by itself', () => {
    const { writeBack } = applyOne({
      spec: {
        writeBackConfig: { method: 'git:secret:creds', gitConfig: { branch: 'main', repository: 'https://x/r' } },
      },
      ref: { writeBackConfig: { gitConfig: { branch: 'main:work', writeBackTarget: 'kustomization:/k' } } },
    });
    expect(writeBack).toEqual({
      method: 'git',
      secret: 'argocd/creds',
      branch: 'main',
      writeBranch: 'work',
      repoURL: 'https://x/r',
      target: { kind: 'kustomization', path: '/k' },
    });
  });
});

describe('what an image says', () => {
  for (const [imageName, image] of [
    ['nginx:~1.25', { registry: '', repository: 'nginx' }],
    ['quay.io/o/app:>=1.0,<2.0', { registry: 'quay.io', repository: 'o/app' }],
    ['registry:5000/app:~1.0', { registry: 'registry:5000', repository: 'app' }],
  ] as const) {
    test(imageName, () => {
      expect(applyOne({ image: { imageName } }).image).toEqual(image);
    });
  }

  for (const [what, manifestTargets, keys] of [
    ['helm', { helm: { name: 'a', tag: 'b', spec: 'c' } }, { helmName: 'a', helmTag: 'b', helmSpec: 'c' }],
    ['an empty helm', { helm: {} }, {}],
    ['kustomize', { kustomize: { name: 'nginx' } }, { kustomizeName: 'nginx' }],
    ['plugin', { plugin: { name: 'N', tag: 'T' } }, { pluginName: 'N', pluginTag: 'T' }],
    ['plugin with spec', { plugin: { spec: 'S' } }, { pluginSpec: 'S' }],
  ] as const) {
    test(`manifestTargets: ${what}`, () => {
      expect(applyOne({ image: { manifestTargets } }).keys).toEqual(keys);
    });
  }

  test("Tiphys's own annotations, on the object and on the Application", () => {
    const downgrade = (annotations: Given['annotations'], own: Given['own']) =>
      applyOne({ annotations: annotations ?? {}, own: own ?? {} }).policy.allowDowngrade;
    const key = 'tiphys.dev/allow-downgrade';
    expect(downgrade({}, {})).toBe(false);
    expect(downgrade({ [key]: 'true' }, {})).toBe(true);
    expect(downgrade({ [key]: 'true' }, { [key]: 'false' })).toBe(false);
    expect(downgrade({ [key]: 'true' }, { [key]: 'false', 'tiphys.dev/web.allow-downgrade': 'true' })).toBe(true);

    expect(applyOne({ own: { 'tiphys.dev/source': 'handoff' } }).handoffOnly).toBe(true);
    const suspend = { 'tiphys.dev/suspend': 'true' };
    expect(applyOne({ annotations: suspend, own: { 'tiphys.dev/suspend': 'false' } }).policy.suspended).toBe(true);
    expect(applyOne({ own: suspend }).policy.suspended).toBe(true);
    expect(applyOne({ own: { 'tiphys.dev/web.source': 'values' } }).source).toBe('values');
  });

  test("upstream's annotations are not read", () => {
    const own = { [`${UPSTREAM}/image-list`]: 'x=redis', [`${UPSTREAM}/web.update-strategy`]: 'nonsense' };
    const { images, failures, warnings } = apply({ own });
    expect([images.length, failures, warnings]).toEqual([1, [], []]);
  });
});

const REF = 'spec.applicationRefs[0]';

describe('what stops an image, said once of the object', () => {
  for (const [what, given, code, message] of [
    [
      'a strategy',
      { ref: settings({ updateStrategy: 'semvar' }) },
      'CONFIG_INVALID',
      `${REF}.commonUpdateSettings.updateStrategy: `,
    ],
    ['a filter', { spec: settings({ allowTags: '^v' }) }, 'CONFIG_INVALID', 'spec.commonUpdateSettings.allowTags: '],
    [
      'a platform',
      { image: settings({ platforms: ['amd64'] }) },
      'CONFIG_INVALID',
      `${REF}.images[0].commonUpdateSettings.platforms: `,
    ],
    ['a constraint', { image: { imageName: 'nginx:>>1' } }, 'CONSTRAINT_INVALID', `${REF}.images[0].imageName: `],
    ['no image', { image: { imageName: 'https://nginx' } }, 'CONFIG_INVALID', 'names no image'],
    [
      'a Secret elsewhere',
      { spec: settings({ pullSecret: 'pullsecret:other/x' }) },
      'CONFIG_INVALID',
      'namespace other',
    ],
    ['write-back to a cluster', { writeBackDefault: undefined }, 'WRITE_BACK_UNSUPPORTED', 'no write-back method'],
    [
      'git credentials',
      { spec: { writeBackConfig: { method: 'git:env:X' } } },
      'CONFIG_INVALID',
      'spec.writeBackConfig.method: ',
    ],
    [
      'a pull request from a branch of others',
      { spec: { writeBackConfig: { gitConfig: { branch: 'main:staging', pullRequest: { github: {} } } } } },
      'CONFIG_INVALID',
      'spec.writeBackConfig.gitConfig.branch: a pull request cannot come',
    ],
    [
      'a plugin without a place for the version',
      { image: { manifestTargets: { plugin: { name: 'N' } } } },
      'CONFIG_INVALID',
      `${REF}.images[0].manifestTargets.plugin: names no variable`,
    ],
    [
      'a plugin in another target',
      {
        image: { manifestTargets: { plugin: { spec: 'S' } } },
        ref: { writeBackConfig: { gitConfig: { writeBackTarget: 'kustomization' } } },
      },
      'CONFIG_INVALID',
      'override file',
    ],
  ] as readonly (readonly [string, Given, string, string])[]) {
    test(what, () => {
      const { images, failedImages, failures } = apply(given);
      expect(images).toEqual([]);
      expect(failures).toMatchObject([
        { code, object: 'ImageUpdater argocd/iu', message: expect.stringContaining(message) },
      ]);
      expect(failedImages).toMatchObject([{ alias: 'web', problem: failures[0] }]);
    });
  }

  const imagesVerification = { cosignKey: { secretName: 'a', key: 'b' } };
  for (const [what, given, place] of [
    ['the object', { spec: { imagesVerification } }, 'spec.imagesVerification.enabled: '],
    [
      'a deeper block again',
      { spec: { imagesVerification: { enabled: false } }, image: { imagesVerification } },
      `${REF}.images[0].imagesVerification.enabled: `,
    ],
  ] as readonly (readonly [string, Given, string])[]) {
    test(`an image for which ${what} wants verification is to be held`, () => {
      const { images, failures, warnings } = apply(given);
      expect(images).toMatchObject([{ policy: { mustBeVerified: true } }]);
      expect([failures, warnings]).toMatchObject([
        [],
        [{ code: 'VERIFICATION_UNSUPPORTED', message: expect.stringContaining(place) }],
      ]);
    });
  }

  test('verification that is switched off holds nothing', () => {
    const given = { spec: { imagesVerification }, ref: { imagesVerification: { enabled: false } } };
    const [image] = apply(given).images;
    expect(image).toBeDefined();
    expect(image?.policy).not.toHaveProperty('mustBeVerified');
  });

  test('an annotation of the Application is its own problem', () => {
    const { failures } = apply({ own: { 'tiphys.dev/suspend': 'maybe', 'tiphys.dev/wbe.source': '1' } });
    expect(failures).toMatchObject([
      { code: 'CONFIG_INVALID', object: 'argocd/shop' },
      { code: 'CONFIG_UNMATCHED_ALIAS', object: 'argocd/shop', fix: 'write tiphys.dev/web.source' },
    ]);
  });
});

describe('useAnnotations (reference part 1, 1.11)', () => {
  const own = { [`${UPSTREAM}/image-list`]: 'api=redis:7.x', [`${UPSTREAM}/write-back-method`]: 'git' };
  const ref = { useAnnotations: true };

  test("everything comes from the Application's annotations", () => {
    const given = {
      own,
      ref: { ...ref, ...settings({ updateStrategy: 'digest' }) },
      spec: settings({ forceUpdate: true }),
    };
    const { images, failures } = apply(given);
    expect(failures).toEqual([]);
    expect(images).toMatchObject([{ alias: 'api', image: { repository: 'redis' }, policy: { forceUpdate: false } }]);
    expect(images[0]?.policy.judge.strategy.id).toBe('semver');
  });

  test('no image list: a warning about what stands there instead', () => {
    const left = { [`${UPSTREAM}/write-back-method`]: 'git' };
    const warnings = [{ code: 'CONFIG_INVALID', object: 'argocd/shop' }];
    expect(apply({ own: left, ref })).toMatchObject({ images: [], failedImages: [], failures: [], warnings });
  });

  test('switches of the object count', () => {
    const annotations = { 'tiphys.dev/suspend': 'true', 'tiphys.dev/allow-downgrade': 'true' };
    expect(applyOne({ own, ref, annotations }).policy).toMatchObject({ suspended: true, allowDowngrade: true });
  });

  for (const level of ['spec', 'ref'] as const) {
    test(`verification of the ${level} counts`, () => {
      const block = { imagesVerification: { cosignKey: { secretName: 'a', key: 'b' } } };
      const given = level === 'ref' ? { own, ref: { ...ref, ...block } } : { own, ref, spec: block };
      const { images, failures, warnings } = apply(given);
      expect(images).toMatchObject([{ alias: 'api', policy: { mustBeVerified: true } }]);
      expect([failures, warnings]).toMatchObject([[], [{ code: 'VERIFICATION_UNSUPPORTED' }]]);
    });
  }
});

describe('objects that are wrong as a whole', () => {
  const spec = { applicationRefs: [{ namePattern: 'shop', images: [{ alias: 'web', imageName: 'nginx' }] }] };
  const object = { namespace: 'argocd', name: 'iu', annotations: {}, spec };

  test('one that is given twice', () => {
    const { updaters, failures } = readImageUpdaters([object, object]);
    expect(failures).toMatchObject([{ code: 'CONFIG_CONFLICT', object: 'ImageUpdater argocd/iu' }]);
    expect(updaters.map(({ content }) => content)).toEqual([undefined, undefined]);
  });

  for (const [what, wrong] of [
    ['an unknown key', { ...object, spec: { ...spec, extra: 1 } }],
    ['an unknown annotation of ours', { ...object, annotations: { 'tiphys.dev/suspnd': 'true' } }],
    ['a switch that is none', { ...object, annotations: { 'tiphys.dev/suspend': 'yes' } }],
    ['a namespace elsewhere', { ...object, spec: { ...spec, namespace: 'other' } }],
  ] as const) {
    test(`${what}: it still keeps its Applications from others, and leaves them alone`, () => {
      const { updaters, failures } = readImageUpdaters([wrong]);
      expect(failures).toHaveLength(1);
      const [claim] = claimsOn(application(), updaters);
      if (!claim) throw new Error('not selected');
      const read = applyClaim(application(), claim, { defaultPlatforms: [], writeBackDefault: 'git' });
      expect([read.images, read.failures]).toEqual([[], []]);
    });
  }

  test('the namespace of the first releases is a note when it changes nothing', () => {
    const { updaters, failures, warnings } = readImageUpdaters([{ ...object, spec: { ...spec, namespace: 'argocd' } }]);
    expect(failures).toEqual([]);
    expect(warnings).toMatchObject([{ code: 'CONFIG_DEPRECATED', message: expect.stringContaining('spec.namespace') }]);
    expect(updaters[0]?.content).toBeDefined();
  });
});
