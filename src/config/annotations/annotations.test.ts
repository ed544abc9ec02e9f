import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Application } from '../../core/applications/application.ts';
import { formatPlatform } from '../../core/platform.ts';
import { type AnnotationSettings, readAnnotations } from './annotations.ts';

const PREFIX = 'argocd-image-updater.argoproj.io';
const SETTINGS: AnnotationSettings = { defaultPlatforms: [], writeBackDefault: 'git' };

/** Annotations by their name behind upstream's prefix; a name with a slash is a whole key. */
function application(named: Readonly<Record<string, string>>): Application {
  return {
    namespace: 'argocd',
    name: 'shop',
    project: 'default',
    labels: {},
    annotations: Object.fromEntries(
      Object.entries(named).map(([name, value]) => [
        /^tiphys|^other|\/.*\//.test(name) ? name : `${PREFIX}/${name}`,
        value,
      ]),
    ),
    sources: [{ repoURL: 'https://git.example.com/r', path: 'a', targetRevision: '', plugin: false, directory: false }],
    multiSource: false,
    status: { sourceTypes: [], images: [] },
  };
}

function read(named: Readonly<Record<string, string>>, settings: Partial<AnnotationSettings> = {}) {
  return readAnnotations(application(named), { ...SETTINGS, ...settings });
}

/** The only image of a list without any problem. */
function readOne(named: Readonly<Record<string, string>>, settings: Partial<AnnotationSettings> = {}) {
  const { images, failures, warnings } = read({ 'image-list': 'web=nginx', ...named }, settings);
  expect(failures).toEqual([]);
  const [image] = images;
  if (!image) throw new Error('no image');
  return { ...image, warnings };
}

describe('whose an Application is', () => {
  test('without any of our keys it is not ours', () => {
    const nothing = { images: [], failedImages: [], failures: [], warnings: [] };
    expect(read({})).toMatchObject(nothing);
    expect(read({ 'other.io/image-list': 'x' })).toMatchObject(nothing);
  });

  test('with keys but without a list it only warns', () => {
    const { images, failures, warnings } = read({ 'write-back-method': 'git', 'web.allow-tags': 'any' });
    expect([images, failures]).toEqual([[], []]);
    expect(warnings).toMatchObject([{ object: 'argocd/shop', message: expect.stringContaining('image-list') }]);
  });

  test('a misspelt list is a failure', () => {
    expect(read({ 'image-lists': 'web=nginx' }).failures).toMatchObject([
      { code: 'CONFIG_UNKNOWN_KEY', fix: `write ${PREFIX}/image-list` },
    ]);
  });

  for (const list of ['', ' , ,']) {
    test(`a list of "${list}" names no image, which is a failure`, () => {
      expect(read({ 'image-list': list }).failures).toMatchObject([{ code: 'CONFIG_INVALID' }]);
    });
  }
});

describe('defaults', () => {
  test('an image that is only listed', () => {
    const image = readOne({}, { defaultPlatforms: [{ os: 'linux', architecture: 'amd64' }] });
    expect(image).toMatchObject({
      alias: 'web',
      image: { registry: '', repository: 'nginx' },
      keys: {},
      writeBack: { method: 'git', target: { kind: 'argocd-source' } },
      warnings: [],
    });
    expect(image.policy).toMatchObject({ forceUpdate: false, allowDowngrade: false, suspended: false });
    expect(image.policy.judge.strategy.id).toBe('semver');
    expect(image.policy.allowTags).toBeUndefined();
    expect(image.policy.ignoreTags).toBeUndefined();
    expect(image.policy.platforms.map(formatPlatform)).toEqual(['linux/amd64']);
    expect(image).not.toHaveProperty('pullSecret');
  });
});

describe('the image before the Application before the default', () => {
  for (const [what, named, expected] of [
    ['own key', { 'web.update-strategy': 'digest', 'update-strategy': 'semver' }, 'digest'],
    ['the key of the Application', { 'update-strategy': 'alphabetical' }, 'alphabetical'],
    ['a blank own key is not there', { 'web.update-strategy': ' ', 'update-strategy': 'alphabetical' }, 'alphabetical'],
    ['any letter case and blanks', { 'web.update-strategy': ' Newest-Build ' }, 'newest-build'],
  ] as const) {
    test(`update-strategy: ${what}`, () => {
      const image = readOne({ 'image-list': 'web=nginx:1', ...named });
      expect(image.policy.judge.strategy.id).toBe(expected);
    });
  }

  for (const [what, named, expected] of [
    ['own', { 'web.allow-tags': 'regexp:^v', 'allow-tags': 'regexp:^x' }, 'regexp:^v'],
    ['Application', { 'web.allow-tags': '', 'allow-tags': 'regexp:^x' }, 'regexp:^x'],
    ['any', { 'web.allow-tags': 'any', 'allow-tags': 'regexp:^x' }, undefined],
    ['the old name', { 'web.tag-match': 'regexp:^v' }, 'regexp:^v'],
    ['the new name wins', { 'web.tag-match': 'regexp:^v', 'allow-tags': 'regexp:^x' }, 'regexp:^x'],
  ] as const) {
    test(`allow-tags: ${what}`, () => {
      expect(readOne(named).policy.allowTags?.text).toBe(expected);
    });
  }

  for (const [what, named, ignored] of [
    ['own', { 'web.ignore-tags': ' *-rc*, dev ,', 'ignore-tags': 'main' }, ['1-rc1', 'dev']],
    ['Application', { 'ignore-tags': 'main' }, ['main']],
    ['a blank own list replaces the other by nothing', { 'web.ignore-tags': '', 'ignore-tags': 'main' }, []],
  ] as const) {
    test(`ignore-tags: ${what}`, () => {
      const { ignoreTags } = readOne(named).policy;
      expect(['1-rc1', 'dev', 'main'].filter((tag) => ignoreTags?.matches(tag))).toEqual(ignored);
    });
  }

  for (const [name, flag] of [
    [`${PREFIX}/NAME.force-update`, 'forceUpdate'],
    ['tiphys.dev/NAME.allow-downgrade', 'allowDowngrade'],
  ] as const) {
    test(`${flag} for the image and for the Application`, () => {
      const own = name.replace('NAME', 'web');
      const wide = name.replace('NAME.', '');
      const value = (named: Record<string, string>) => {
        const [image] = readAnnotations(
          {
            ...application({ 'image-list': 'web=nginx' }),
            annotations: { [`${PREFIX}/image-list`]: 'web=nginx', ...named },
          },
          SETTINGS,
        ).images;
        return image?.policy[flag];
      };
      expect([value({ [own]: 'true' }), value({ [wide]: 'T' }), value({ [own]: 'f', [wide]: '1' })]).toEqual([
        true,
        true,
        false,
      ]);
    });
  }

  test('an Application is moved by registries, or by hand-offs alone', () => {
    expect(readOne({ 'tiphys.dev/source': 'handoff' }).handoffOnly).toBe(true);
    for (const annotations of [{}, { 'tiphys.dev/source': 'registry' }, { 'tiphys.dev/web.source': 'handoff' }]) {
      expect(readOne(annotations).handoffOnly).toBeUndefined();
    }
    const { images, failures } = read({ 'image-list': 'web=nginx', 'tiphys.dev/source': 'hand-off' });
    expect([images, failures.map(({ message, fix }) => [message, fix])]).toEqual([
      [],
      [['tiphys.dev/source: "hand-off" is no source of versions', 'write handoff']],
    ]);
  });

  test('an Application is suspended as a whole', () => {
    expect(readOne({ 'tiphys.dev/suspend': 'true' }).policy.suspended).toBe(true);
    expect(readOne({ 'tiphys.dev/suspend': 'false' }).policy.suspended).toBe(false);
  });
});

describe('what belongs to an image', () => {
  test('platforms, names and pull secrets', () => {
    const image = readOne({
      'web.platforms': 'linux/amd64, linux/arm64/v8,,',
      'web.helm.image-name': ' image.repository ',
      'web.helm.image-tag': 'image.tag',
      'web.helm.image-spec': 'image.spec',
      'web.pull-secret': 'pullsecret:argocd/ghcr',
    });
    expect(image.policy.platforms.map(formatPlatform)).toEqual(['linux/amd64', 'linux/arm64/v8']);
    expect(image.keys).toEqual({ helmName: 'image.repository', helmTag: 'image.tag', helmSpec: 'image.spec' });
    expect(image.pullSecret).toBe('pullsecret:argocd/ghcr');
    expect(readOne({ 'web.kustomize.image-name': 'quay.io/o/web' }).keys).toEqual({ kustomizeName: 'quay.io/o/web' });
  });

  test('an entry without alias reads only what is said for the Application', () => {
    const image = readOne({ 'image-list': 'ghcr.io/acme/web:~1', 'allow-tags': 'regexp:^v', 'force-update': 'true' });
    expect(image).toMatchObject({ alias: 'ghcr.io/acme/web', keys: {}, policy: { forceUpdate: true } });
    expect(image.policy.allowTags?.text).toBe('regexp:^v');
  });

  test('an alias with a slash has an underscore in keys, and a note', () => {
    const image = readOne({ 'image-list': 'foo/dummy=nginx', 'foo_dummy.helm.image-name': 'x' });
    expect(image.keys).toEqual({ helmName: 'x' });
    expect(image.warnings).toMatchObject([{ code: 'CONFIG_DEPRECATED', object: 'argocd/shop foo/dummy' }]);
  });

  test('the source of several', () => {
    expect(readOne({ 'tiphys.dev/web.source': ' values ' }).source).toBe('values');
    expect(readOne({})).not.toHaveProperty('source');
  });

  test('problems say which annotation is to blame', () => {
    const { failures } = read({ 'image-list': 'web=nginx', 'web.allow-tags': 'oops' });
    expect(failures[0]?.location?.path).toEqual(['metadata', 'annotations', `${PREFIX}/web.allow-tags`]);
  });

  test('aliases may have dots, and are told from one another', () => {
    const { images, failures } = read({ 'image-list': 'a=nginx,a.b=redis', 'a.b.allow-tags': 'regexp:^v' });
    expect(failures).toEqual([]);
    expect(images.map(({ policy }) => policy.allowTags?.text)).toEqual([undefined, 'regexp:^v']);
  });
});

describe('write-back', () => {
  for (const [what, named, expected] of [
    ['git', { 'write-back-method': ' git ' }, {}],
    ['git:repocreds', { 'write-back-method': 'git:repocreds' }, {}],
    ['a Secret', { 'write-back-method': 'git:secret:creds' }, { secret: 'argocd/creds' }],
    ['a Secret with its namespace', { 'write-back-method': 'git:secret:argocd/creds' }, { secret: 'argocd/creds' }],
    ['a branch', { 'git-branch': ' main ' }, { branch: 'main' }],
    ['two branches', { 'git-branch': 'main:release/1' }, { branch: 'main', writeBranch: 'release/1' }],
    ['full names', { 'git-branch': 'refs/heads/main:refs/heads/images' }, { branch: 'main', writeBranch: 'images' }],
    ['only the written one', { 'git-branch': ':images' }, { writeBranch: 'images' }],
    ['a blank branch', { 'git-branch': ' ' }, {}],
    ['a repository', { 'git-repository': ' git@h:r.git ' }, { repoURL: 'git@h:r.git' }],
    [
      'kustomization',
      { 'write-back-target': 'kustomization:../base' },
      { target: { kind: 'kustomization', path: '../base' } },
    ],
    ['helmvalues', { 'write-back-target': 'helmvalues' }, { target: { kind: 'helmvalues' } }],
  ] as const) {
    test(what, () => {
      expect(readOne(named).writeBack).toEqual({ method: 'git', target: { kind: 'argocd-source' }, ...expected });
    });
  }

  for (const [what, named, code, fix] of [
    [
      'argocd, which --write-back never overrides',
      { 'write-back-method': 'argocd' },
      'WRITE_BACK_UNSUPPORTED',
      '--write-back git',
    ],
    ['another method', { 'write-back-method': 'svn' }, 'CONFIG_INVALID', 'git:repocreds'],
    ['other credentials', { 'write-back-method': 'git:env:X' }, 'CONFIG_INVALID', 'git:repocreds'],
    ['no Secret', { 'write-back-method': 'git:secret:' }, 'CONFIG_INVALID', 'git:secret'],
    ['an odd Secret', { 'write-back-method': 'git:secret:a/b/c' }, 'CONFIG_INVALID', 'git:secret'],
    ['a Secret elsewhere', { 'write-back-method': 'git:secret:other/creds' }, 'CONFIG_INVALID', 'in argocd'],
    ['half a template', { 'git-branch': 'main:img-{{.SHA256' }, 'CONFIG_INVALID', 'tiphys template'],
    ['a template to read', { 'git-branch': '{{.SHA256}}' }, 'CONFIG_INVALID', 'base:template'],
    ['three branches', { 'git-branch': 'a:b:c' }, 'CONFIG_INVALID', 'base:write'],
    ['an odd target', { 'write-back-target': 'kustomize' }, 'CONFIG_INVALID', 'kustomization[:folder]'],
  ] as const) {
    test(`${what} stops all images, and is one problem`, () => {
      const { images, failedImages, failures } = read({ 'image-list': 'web=nginx,api=redis', ...named });
      expect(images).toEqual([]);
      expect(failures).toMatchObject([{ code, object: 'argocd/shop', fix: expect.stringContaining(fix) }]);
      expect(failedImages).toMatchObject([
        { alias: 'web', problem: failures[0] },
        { alias: 'api', problem: failures[0] },
      ]);
    });
  }

  test('a missing method is argocd, unless the flag fills it in', () => {
    const missing = read({ 'image-list': 'web=nginx' }, { writeBackDefault: undefined });
    expect(missing.failures).toMatchObject([
      { code: 'WRITE_BACK_UNSUPPORTED', fix: expect.stringMatching(/write-back-method: git.*--write-back git/) },
    ]);
    const git = { 'image-list': 'web=nginx', 'write-back-method': 'git' };
    expect(read(git, { writeBackDefault: undefined }).failures).toEqual([]);
  });

  describe('where Applications can be written themselves', () => {
    const live = (more: object, writeBackDefault: 'git' | 'argocd' | undefined = undefined) =>
      read({ 'image-list': 'web=nginx', ...more }, { writeBackDefault, reachesApplications: true });
    const ITSELF = { method: 'argocd', target: { kind: 'application' } };
    for (const [what, named, filledIn, expected] of [
      ['no method', {}, undefined, ITSELF],
      ['argocd', { 'write-back-method': 'argocd' }, undefined, ITSELF],
      ['argocd, which --write-back never overrides', { 'write-back-method': 'argocd' }, 'git', ITSELF],
      ['settings of Git beside it', { 'git-branch': 'a:b', 'write-back-target': 'kustomization' }, undefined, ITSELF],
      ['no method, and --write-back', {}, 'git', { method: 'git', target: { kind: 'argocd-source' } }],
    ] as const) {
      test(what, () => expect(live(named, filledIn).images[0]?.writeBack).toEqual(expected));
    }

    test('what shall be proposed is not written at once', () => {
      const { failures } = live({ 'tiphys.dev/pull-request': 'github' });
      expect(failures).toMatchObject([{ code: 'CONFIG_INVALID', fix: expect.stringContaining('git') }]);
    });
  });
});

describe('what stops one image', () => {
  for (const [what, named, code, message, fix] of [
    ['a strategy', { 'web.update-strategy': 'semvar' }, 'CONFIG_INVALID', 'web.update-strategy', 'write semver'],
    ['a constraint', { 'image-list': 'web=nginx:~x.y,api=redis' }, 'CONSTRAINT_INVALID', 'image-list', 'colon'],
    ['digest without a tag', { 'web.update-strategy': 'digest' }, 'CONSTRAINT_INVALID', 'image-list', 'colon'],
    ['a match function', { 'web.allow-tags': '^v' }, 'CONFIG_INVALID', 'web.allow-tags', 'regexp:'],
    ['an expression', { 'web.allow-tags': 'regexp:[a' }, 'CONFIG_INVALID', 'web.allow-tags', 'regexp:'],
    ['a flag', { 'web.force-update': 'yes' }, 'CONFIG_INVALID', 'web.force-update', '"true" or "false"'],
    ['a blank flag', { 'web.force-update': '' }, 'CONFIG_INVALID', 'web.force-update', '"true" or "false"'],
    ['our own flag', { 'tiphys.dev/web.allow-downgrade': 'y' }, 'CONFIG_INVALID', 'web.allow-downgrade', 'true'],
    ['a platform', { 'web.platforms': 'linux/amd64,amd64' }, 'CONFIG_INVALID', '"amd64"', 'os/arch'],
    ['a credential source', { 'web.pull-secret': 'hunter2' }, 'CONFIG_INVALID', 'web.pull-secret', 'never the'],
    ['a Secret elsewhere', { 'web.pull-secret': 'secret:other/s#f' }, 'CONFIG_INVALID', 'namespace other', 'in argocd'],
    ['in upper case too', { 'web.pull-secret': 'Secret:other/s#f' }, 'CONFIG_INVALID', 'namespace other', 'in argocd'],
    [
      'with a registry too',
      { 'web.pull-secret': 'x=pullsecret:other/s' },
      'CONFIG_INVALID',
      'namespace other',
      'in argocd',
    ],
    [
      'both families of names',
      { 'web.helm.image-tag': 'tag', 'web.kustomize.image-name': 'nginx' },
      'CONFIG_INVALID',
      'web.helm.image-tag',
      'one of the two',
    ],
    ['a misspelt key', { 'web.alow-tags': 'any' }, 'CONFIG_UNKNOWN_KEY', 'web.alow-tags', `${PREFIX}/web.allow-tags`],
  ] as const) {
    test(`${what}; the others go on`, () => {
      const result = read({ 'image-list': 'web=nginx,api=redis', ...named });
      expect(result.images.map(({ alias }) => alias)).toEqual(['api']);
      expect(result.failures).toMatchObject([
        {
          code,
          object: 'argocd/shop web',
          message: expect.stringContaining(message),
          fix: expect.stringContaining(fix),
        },
      ]);
      expect(result.failedImages).toMatchObject([{ alias: 'web', problem: result.failures[0] }]);
      expect(JSON.stringify(result.failures)).not.toContain('hunter2');
    });
  }

  test('a glob that can match nothing is inert, as upstream, but named', () => {
    const { images, failures, warnings } = read({ 'image-list': 'web=nginx', 'web.ignore-tags': 'dev, [0-9' });
    expect(images[0]?.policy.ignoreTags?.matches('dev')).toBe(true);
    expect(images[0]?.policy.ignoreTags?.matches('1')).toBe(false);
    expect(failures).toEqual([]);
    expect(warnings).toMatchObject([{ code: 'CONFIG_INVALID', message: expect.stringContaining('"[0-9"') }]);
  });

  test('all of its problems are named at once', () => {
    const { failures, failedImages } = read({ 'image-list': 'web=nginx', 'web.allow-tags': 'x', 'web.platforms': 'y' });
    expect(failures).toHaveLength(2);
    expect(failedImages).toHaveLength(1);
  });

  test('a bad setting of the Application stops those that fall back on it', () => {
    const { images, failures, failedImages } = read({
      'image-list': 'web=nginx,api=redis,db=postgres',
      'allow-tags': 'oops',
      'api.allow-tags': 'any',
    });
    expect(images.map(({ alias }) => alias)).toEqual(['api']);
    expect(failures).toMatchObject([
      { object: 'argocd/shop', message: expect.stringContaining(`${PREFIX}/allow-tags`) },
    ]);
    expect(failedImages.map(({ alias }) => alias)).toEqual(['web', 'db']);
  });

  test('two images of one alias both stop', () => {
    for (const list of [
      'a=nginx,a=redis,b=postgres',
      'nginx:~1,nginx:~2,b=postgres',
      'x/y=nginx,x_y=redis,b=postgres',
    ]) {
      const { images, failures } = read({ 'image-list': list });
      expect(images.map(({ alias }) => alias)).toEqual(['b']);
      expect(new Set(failures.map(({ code }) => code))).toEqual(new Set(['DUPLICATE_ALIAS']));
    }
  });

  test('the strategy of a failed image is told as far as it is known', () => {
    const strategies = ['semvar', 'latest', undefined].map((text) => {
      const named: Record<string, string> = text === undefined ? {} : { 'web.update-strategy': text };
      return read({ 'image-list': 'web=nginx', 'web.platforms': 'x', ...named }).failedImages[0]?.strategy;
    });
    expect(strategies).toEqual(['semvar', 'newest-build', 'semver']);
  });
});

describe('what stops no image', () => {
  test('a setting of an alias that is not listed', () => {
    const { images, failures } = read({ 'image-list': 'web=nginx', 'wbe.allow-tags': 'any' });
    expect(images).toHaveLength(1);
    expect(failures).toMatchObject([
      { code: 'CONFIG_UNMATCHED_ALIAS', object: 'argocd/shop', fix: `write ${PREFIX}/web.allow-tags` },
    ]);
  });

  test('an alias that is like no other', () => {
    const { failures } = read({ 'image-list': 'ghcr.io/acme/web', 'backend.helm.image-tag': 'x' });
    expect(failures).toMatchObject([{ fix: 'add the alias to image-list: backend=<image>' }]);
  });

  test('an unknown key of the Application', () => {
    for (const [key, right] of [
      [`${PREFIX}/update-stratgy`, `${PREFIX}/update-strategy`],
      ['tiphys.dev/allow-downgrades', 'tiphys.dev/allow-downgrade'],
      ['tiphys.dev/update-strategy', `${PREFIX}/update-strategy`],
    ] as const) {
      const annotations = { [`${PREFIX}/image-list`]: 'web=nginx', [key]: 'x' };
      const { images, failures } = readAnnotations({ ...application({}), annotations }, SETTINGS);
      expect(images).toHaveLength(1);
      expect(failures).toMatchObject([{ code: 'CONFIG_UNKNOWN_KEY', object: 'argocd/shop', fix: `write ${right}` }]);
    }
  });

  test('an entry that is no image', () => {
    const { images, failures } = read({ 'image-list': 'web=nginx:>=1.0,<2.0' });
    expect(images).toHaveLength(1);
    expect(failures).toMatchObject([
      { code: 'CONFIG_INVALID', object: 'argocd/shop', fix: expect.stringContaining('blank instead of the comma') },
    ]);
  });

  for (const [what, named, object, fix] of [
    ['the strategy latest', { 'web.update-strategy': 'latest' }, 'argocd/shop web', 'newest-build'],
    ['the strategy name', { 'update-strategy': 'name' }, 'argocd/shop', 'alphabetical'],
    ['tag-match', { 'web.tag-match': 'any' }, 'argocd/shop web', `${PREFIX}/web.allow-tags`],
  ] as const) {
    test(`${what} is an old name, and warns`, () => {
      expect(readOne(named).warnings).toMatchObject([
        { code: 'CONFIG_DEPRECATED', object, fix: expect.stringContaining(fix) },
      ]);
    });
  }
});

test('whatever annotations say, nothing is thrown, and each image of the list is tracked or failed', () => {
  const names = [
    'image-list',
    'web.allow-tags',
    'update-strategy',
    'web.platforms',
    'git-branch',
    'web.pull-secret',
    'x',
  ];
  const value = fc.oneof(
    fc.string(),
    fc.constantFrom('web=nginx', 'a=b,a=c', 'regexp:(', 'true', 'git', 'digest', '{{'),
  );
  fc.assert(
    fc.property(fc.dictionary(fc.constantFrom(...names), value), (named) => {
      const { images, failedImages, failures } = read({ 'image-list': 'web=nginx,api=redis', ...named });
      for (const { problem } of failedImages) expect(failures).toContainEqual(problem);
      if (!('image-list' in named)) expect(images.length + failedImages.length).toBe(2);
    }),
  );
});
