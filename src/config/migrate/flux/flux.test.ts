import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { policyOf } from '../../../../test/policy.ts';
import type { Application, Source } from '../../../core/applications/application.ts';
import { decide } from '../../../core/deciding/decide.ts';
import { scanOf } from '../../../core/deciding/listed-tag.ts';
import { isUntyped, mappingAt, textAt, type Untyped } from '../../../core/untyped.ts';
import { readYamlDocuments } from '../../../core/yaml-documents.ts';
import { yamlPositions } from '../../../core/yaml-positions.ts';
import { readImageUpdaters } from '../../image-updater/read.ts';
import { migrateFlux } from './flux.ts';

/** Manifests of one file, as the program reads them. */
function manifestsOf(text: string, file = 'flux.yaml') {
  return readYamlDocuments(text).flatMap((document, index) => {
    if (!document.ok || !isUntyped(document.value)) return [];
    const object = document.value;
    const group = (textAt(object, 'apiVersion') ?? '').split('/')[0];
    const positionOf = (path: readonly (string | number)[]) => yamlPositions(text)(index, path);
    return [{ groupKind: `${group}/${textAt(object, 'kind')}`, object, origin: { file, positionOf } }];
  });
}

const REPOSITORY = `apiVersion: image.toolkit.fluxcd.io/v1beta2
kind: ImageRepository
metadata: {name: web, namespace: flux-system}
spec: {image: ghcr.io/acme/web}
`;

function policy(spec: string, repository = REPOSITORY): string {
  return `${repository}---
apiVersion: image.toolkit.fluxcd.io/v1beta2
kind: ImagePolicy
metadata: {name: web, namespace: flux-system}
spec: {imageRepositoryRef: {name: web}, ${spec}}
`;
}

function application(source: Partial<Source>, name = 'web'): Application {
  const from = { repoURL: 'https://git.example.com/deploy', targetRevision: 'main', plugin: false } as const;
  return {
    namespace: 'argocd',
    name,
    project: 'default',
    labels: {},
    annotations: {},
    sources: [{ ...from, directory: false, ...source }],
    multiSource: false,
    status: { sourceTypes: [], images: [] },
  };
}

const KUSTOMIZATION = {
  place: 'repo/apps/web/kustomization.yaml',
  text: `kind: Kustomization
images:
  - name: ghcr.io/acme/web
    newTag: 1.0.0 # {"$imagepolicy": "flux-system:web:tag"}
`,
};

function migrate(flux: string, files = [KUSTOMIZATION], applications = [application({ path: 'apps/web' })]) {
  const migration = migrateFlux({ applications, manifests: manifestsOf(flux), files }, 'migrated');
  const refs = migration.manifests.flatMap((manifest) => {
    const spec = isUntyped(manifest) ? mappingAt(manifest, 'spec') : {};
    const objects = [{ namespace: 'argocd', name: 'migrated', annotations: {}, spec }];
    expect(readImageUpdaters(objects).failures).toEqual([]);
    return [
      { ...spec, ref: firstOf(spec['applicationRefs']), image: firstOf(firstOf(spec['applicationRefs'])['images']) },
    ];
  });
  return { ...migration, ref: refs[0]?.ref, image: refs[0]?.image };
}

function firstOf(list: unknown): Untyped {
  const first: unknown = Array.isArray(list) ? list[0] : undefined;
  return isUntyped(first) ? first : {};
}

const FULL = 'regexp:^v?[0-9]+\\.[0-9]+\\.[0-9]+(?:-.*)?$';

describe('policies that have an equivalent', () => {
  for (const [spec, imageName, commonUpdateSettings] of [
    [
      'policy: {semver: {range: ">=1.0.0 <2"}}',
      'ghcr.io/acme/web:>=1.0.0 <2',
      { updateStrategy: 'semver', allowTags: FULL },
    ],
    [
      'policy: {semver: {range: 1.x}}, filterTags: {pattern: "-alpine$"}',
      'ghcr.io/acme/web:1.x',
      { updateStrategy: 'semver', allowTags: 'regexp:-alpine$' },
    ],
    ['policy: {alphabetical: {}}', 'ghcr.io/acme/web', { updateStrategy: 'alphabetical' }],
    ['policy: {alphabetical: {order: asc}}', 'ghcr.io/acme/web', { updateStrategy: 'alphabetical' }],
    [
      'policy: {alphabetical: {}}, filterTags: {pattern: ^latest$}, digestReflectionPolicy: Always',
      'ghcr.io/acme/web:latest',
      { updateStrategy: 'digest' },
    ],
  ] as const) {
    test(spec, () => {
      const { failures, image } = migrate(policy(spec));
      expect(failures).toEqual([]);
      expect(image).toEqual({ alias: 'web', imageName, commonUpdateSettings });
    });
  }
});

describe('policies that have none are failures with their place', () => {
  for (const [spec, message] of [
    ['policy: {alphabetical: {order: desc}}', /order desc.*\(flux\.yaml:9\)/],
    ['policy: {numerical: {order: asc}}', /policy\.numerical: no strategy/],
    ['policy: {semver: {range: "nonsense"}}', /policy\.semver/],
    ['policy: {alphabetical: {}}, filterTags: {pattern: "^main-(?P<ts>.*)", extract: $ts}', /extract: no strategy/],
    ['policy: {alphabetical: {}}, filterTags: {pattern: "("}', /filterTags\.pattern/],
    ['policy: {}', /says no policy/],
  ] as const) {
    test(spec, () => {
      const { manifests, failures } = migrate(policy(spec));
      expect(manifests).toEqual([]);
      expect(failures).toMatchObject([
        { object: 'ImagePolicy flux-system/web', message: expect.stringMatching(message) },
      ]);
    });
  }

  test('an ImageRepository that is not there', () => {
    expect(migrate(policy('policy: {alphabetical: {}}', '')).failures).toMatchObject([
      { message: expect.stringContaining('the ImageRepository is not among the input') },
    ]);
  });

  test('no ImagePolicy at all', () => {
    expect(migrate(REPOSITORY).failures).toMatchObject([{ message: expect.stringContaining('no ImagePolicy') }]);
  });
});

describe('what is said elsewhere is noted', () => {
  const spec = 'policy: {alphabetical: {}}';
  for (const [flux, message] of [
    [policy(`${spec}, digestReflectionPolicy: IfNotPresent`), /digestReflectionPolicy IfNotPresent has no equivalent/],
    [policy(`${spec}, suspend: true`), /tiphys\.dev\/suspend/],
    [
      policy(spec, REPOSITORY.replace('{image', '{secretRef: {name: ghcr}, image')),
      /copy the Secret ghcr to namespace argocd/,
    ],
    [policy(spec, REPOSITORY.replace('{image', '{insecure: true, image')), /insecure is said in registries\.conf/],
    [policy(spec, REPOSITORY.replace('{image', '{provider: aws, image')), /identity of the process/],
    [
      policy(spec, REPOSITORY.replace('{image', '{exclusionList: ["a+"], image')),
      /no glob says the same as the exclusion a\+/,
    ],
  ] as const) {
    test(String(message), () => {
      const { failures, notes } = migrate(flux);
      expect(failures).toEqual([]);
      expect(notes.map((note) => note.message)).toEqual([expect.stringMatching(message)]);
    });
  }
});

describe('markers', () => {
  const flux = policy('policy: {alphabetical: {}}');
  const values = (text: string, place = 'repo/apps/web/values.yaml') => [{ place, text }];
  const marker = (part = '') => `# {"$imagepolicy": "flux-system:web${part}"}`;

  for (const [what, text, manifestTargets] of [
    ['a whole reference', `app:\n  image: a:1 ${marker()}\n`, { helm: { spec: 'app.image' } }],
    ['a tag', `image:\n  tag: a ${marker(':tag')}\n`, { helm: { tag: 'image.tag' } }],
    [
      'name and tag in a list',
      `images:\n  - name: a ${marker(':name')}\n    tag: a ${marker(':tag')}\n`,
      { helm: { name: 'images[0].name', tag: 'images[0].tag' } },
    ],
  ] as const) {
    test(`in values: ${what}`, () => {
      const { ref, image } = migrate(flux, values(text));
      expect(ref).toMatchObject({ namePattern: 'web' });
      expect(image).toMatchObject({ alias: 'web', manifestTargets });
    });
  }

  test('in values of another source', () => {
    const app = application({ chart: 'web', helm: { parameters: [], valueFiles: ['$deploy/prod/web.yaml'] } });
    const { manifests } = migrate(flux, values(`tag: a ${marker(':tag')}\n`, 'repo/prod/web.yaml'), [app]);
    expect(manifests).toMatchObject([
      {
        spec: {
          applicationRefs: [{ writeBackConfig: { gitConfig: { writeBackTarget: 'helmvalues:/prod/web.yaml' } } }],
        },
      },
    ]);
  });

  test('two of one policy are two images', () => {
    const text = `a:\n  tag: x ${marker(':tag')}\nb:\n  tag: x ${marker(':tag')}\n`;
    expect(migrate(flux, values(text)).ref).toMatchObject({ images: [{ alias: 'web' }, { alias: 'web-2' }] });
  });

  test('two policies of one name are two images', () => {
    const other = policy('policy: {alphabetical: {}}').replaceAll('flux-system', 'team');
    const text = `a: x ${marker()}\nb: x # {"$imagepolicy": "team:web"}\n`;
    expect(migrate(`${flux}---\n${other}`, values(text)).ref).toMatchObject({
      images: [{ alias: 'web' }, { alias: 'web-2' }],
    });
  });

  test('a base name that differs from the image', () => {
    const text = KUSTOMIZATION.text.replace('ghcr.io/acme/web', 'web');
    expect(migrate(flux, [{ ...KUSTOMIZATION, text }]).image).toMatchObject({
      manifestTargets: { kustomize: { name: 'web' } },
    });
  });

  for (const [what, file, message] of [
    [
      'in a Deployment',
      values(`kind: Deployment\nimage: a:1 ${marker()}\n`, 'apps/web/d.yaml'),
      /stands in a Deployment/,
    ],
    ['in a HelmRelease', values(`kind: HelmRelease\ntag: a ${marker(':tag')}\n`, 'apps/web/d.yaml'), /HelmRelease/],
    ['for a digest', values(`digest: a ${marker(':digest')}\n`), /digest in a place of its own/],
    ['at a key with a dot', values(`a.b: a ${marker(':tag')}\n`), /key with a dot/],
    ['of an unknown policy', values(`tag: a # {"$imagepolicy": "flux-system:other:tag"}\n`), /not among the input/],
    ['behind no value', values(`a: 1\n${marker()}\n`), /behind no value/],
  ] as const) {
    test(`${what}: a note, and a sketch`, () => {
      const { manifests, notes, sketch } = migrate(flux, [...file]);
      expect(manifests).toEqual([]);
      expect(notes).toMatchObject([{ message: expect.stringMatching(message) }]);
      expect(sketch.join('\n')).toContain('{"alias":"web","imageName":"ghcr.io/acme/web"');
    });
  }

  test('a second file of one Application', () => {
    const second = values(`tag: a ${marker(':tag')}\n`);
    const { ref, notes } = migrate(flux, [KUSTOMIZATION, ...second]);
    expect(ref).toMatchObject({ images: [{ alias: 'web' }] });
    expect(notes).toMatchObject([
      { object: 'repo/apps/web/values.yaml:1', message: expect.stringContaining('one file') },
    ]);
  });
});

describe('branches', () => {
  const automation = (git: string, path = './apps') => `${policy('policy: {alphabetical: {}}')}---
apiVersion: image.toolkit.fluxcd.io/v1
kind: ImageUpdateAutomation
metadata: {name: all, namespace: flux-system}
spec: {git: ${git}, update: {path: ${path}}}
`;
  for (const [git, path, branch] of [
    ['{checkout: {ref: {branch: main}}, push: {branch: updates}}', './apps', 'main:updates'],
    ['{checkout: {ref: {branch: main}}}', './apps', undefined],
    ['{checkout: {ref: {branch: dev}}, push: {branch: dev}}', './', 'dev'],
    ['{checkout: {ref: {branch: dev}}}', './elsewhere', undefined],
  ] as const) {
    test(`${git} for ${path}: ${branch ?? "the Application's own"}`, () => {
      const [manifest] = migrate(automation(git, path)).manifests;
      const spec = isUntyped(manifest) ? mappingAt(manifest, 'spec') : {};
      const config = mappingAt(mappingAt(firstOf(spec['applicationRefs']), 'writeBackConfig'), 'gitConfig');
      expect(config['branch']).toBe(branch);
    });
  }

  test('what is a matter of flags is noted', () => {
    const { notes } = migrate(
      automation('{commit: {author: {email: a@b}, messageTemplate: x}, push: {options: {a: b}}}'),
    );
    expect(notes.map(({ message }) => message.replace(/ \(.*/, ''))).toEqual([
      'spec.git.commit.author is said by --git-commit-user and --git-commit-email',
      'spec.git.commit.messageTemplate sees other data: see --git-commit-message-path',
      'spec.git.push.options has no equivalent',
    ]);
  });
});

describe('the same tag is chosen', () => {
  const tag = fc.constantFrom(
    '1.0.0',
    'v1.2.0',
    '1.2',
    '1',
    '1.3.0-rc.1',
    '2.0.0',
    'latest',
    'main-2',
    'main-10',
    '1.10.0',
  );

  test('a full version only, as Flux counts versions', () => {
    fc.assert(
      fc.property(fc.uniqueArray(tag), (tags) => {
        const { image = {} } = migrate(policy('policy: {semver: {range: ">=1.0.0 <2.0.0"}}'));
        const settings = mappingAt(image, 'commonUpdateSettings');
        const allowTags = textAt(settings, 'allowTags') ?? '';
        const judged = policyOf({ constraint: '>=1.0.0 <2.0.0', allowTags });
        const scan = scanOf(
          tags.map((name) => ({ name })),
          judged,
          undefined,
        );
        const made = decide({ policy: judged, scan, current: undefined });
        const order = ['1.10.0', 'v1.2.0', '1.0.0'] as const;
        expect(made.to?.tag).toBe(order.find((name) => tags.includes(name)));
      }),
    );
  });
});
