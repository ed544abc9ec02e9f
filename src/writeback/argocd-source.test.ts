import { load } from 'js-yaml';
import { describe, expect, test } from 'vitest';
import { goldenCases } from '../../test/golden/golden.ts';
import { type GoldenWrite, wantedIn } from '../../test/support/golden-writes.ts';
import { targetImage, wantedImage } from '../../test/support/target-images.ts';
import type { Source } from '../core/applications/application.ts';
import { formatVersion } from '../core/image-version.ts';
import { parseKustomizeImage } from '../core/kustomize-image.ts';
import type { TargetImage } from '../core/target.ts';
import { isUntyped, listAt, mappingAt, textsAt } from '../core/untyped.ts';
import { argocdSource } from './argocd-source.ts';
import { canonicalText } from './kustomize-entries.ts';

const WEB = 'registry.example.com/acme/web';
const DIGEST = `sha256:${'a'.repeat(64)}`;
const PATH = '.argocd-source-web.yaml';

const { source: BARE } = targetImage(WEB);
const helm = (more: Partial<TargetImage> = {}): Partial<TargetImage> => ({ tool: 'Helm', ...more });
const open = (text: string | undefined) => argocdSource.open(text, PATH);

function helmSource(...parameters: readonly [string, string, boolean][]): Source {
  const own = parameters.map(([name, value, forceString]) => ({ name, value, forceString }));
  return { ...BARE, helm: { parameters: own, valueFiles: [] } };
}

describe('what the file states', () => {
  for (const [what, text, image, expected, more] of [
    ['a parameter', 'helm:\n  parameters:\n  - name: image.tag\n    value: v1\n', WEB, 'v1', helm()],
    [
      'the last of two',
      'helm: {parameters: [{name: image.tag, value: v1}, {name: image.tag, value: v2}]}',
      WEB,
      'v2',
      helm(),
    ],
    ['a number as written', 'helm: {parameters: [{name: image.tag, value: 1.10}]}', WEB, '1.10', helm()],
    ['no such parameter', 'helm: {parameters: []}', WEB, undefined, helm()],
    ['no parameters', 'kustomize: {images: [a:v1]}', 'a', undefined, helm()],
    ['an image', `kustomize:\n  images:\n  - ${WEB}:v1\n`, WEB, 'v1', {}],
    ['an image under a name', `kustomize: {images: ['web=${WEB}:v1@${DIGEST}']}`, WEB, `v1@${DIGEST}`, {}],
    [
      'the image of the configured name',
      `kustomize: {images: ['a=${WEB}:v1', 'b=${WEB}:v2']}`,
      WEB,
      'v2',
      { keys: { kustomizeName: 'b' } },
    ],
    ['another registry', 'kustomize: {images: [quay.io/acme/web:v1]}', WEB, undefined, {}],
    ['no images', 'helm: {parameters: []}', WEB, undefined, {}],
    ['no file', undefined, WEB, undefined, {}],
  ] as const) {
    test(what, () => {
      const version = open(text).read(targetImage(image, more));
      expect(version && formatVersion(version)).toBe(expected);
    });
  }
});

describe('Helm parameters', () => {
  for (const [what, before, version, after, more] of [
    [
      'a new file carries the other parameters of the Application, by name',
      undefined,
      '1.10',
      'helm:\n  parameters:\n  - name: debug\n    value: "on"\n    forcestring: false\n' +
        '  - name: image.tag\n    value: "1.10"\n    forcestring: true\n' +
        '  - name: zone\n    value: "7"\n    forcestring: true\n',
      helm({ source: helmSource(['zone', '7', true], ['image.tag', '1.9', false], ['debug', 'on', false]) }),
    ],
    [
      'a list in a file without one carries them as well',
      '# mine\r\nhelm:\r\n    releaseName: x # keep\r\nother: 1\r\n',
      'v2',
      '# mine\r\nhelm:\r\n    releaseName: x # keep\r\n    parameters:\r\n    - name: a\r\n      value: b\r\n' +
        '      forcestring: false\r\n    - name: image.tag\r\n      value: v2\r\n      forcestring: true\r\nother: 1\r\n',
      helm({ source: helmSource(['a', 'b', false]) }),
    ],
    [
      'a list that is empty stays the whole list',
      'helm:\n  parameters: []\n',
      'v2',
      'helm:\n  parameters:\n  - name: image.tag\n    value: v2\n    forcestring: true\n',
      helm({ source: helmSource(['a', 'b', false]) }),
    ],
    [
      'camel case is recognised, comments and order stay',
      'helm:\n  parameters:\n  # tag\n  - forceString: true\n    value: v1 # now\n    name: image.tag\n  - name: a\n    value: 3\n',
      '16',
      'helm:\n  parameters:\n  # tag\n  - forceString: true\n    value: "16" # now\n    name: image.tag\n  - name: a\n    value: 3\n',
      helm(),
    ],
    [
      'a value that Helm would take for a number is forced to be text',
      'helm:\n  parameters:\n  - name: image.tag\n    value: v1\n  - name: a\n    value: b\n    forceString: true\n',
      '16',
      'helm:\n  parameters:\n  - name: image.tag\n    value: "16"\n    forceString: true\n  - name: a\n    value: b\n    forceString: true\n',
      helm(),
    ],
    [
      'a new parameter beside others',
      'helm:\n  parameters:\n  - {name: a, value: "b", forceString: true}\n',
      'v2',
      'helm:\n  parameters:\n  - {name: a, value: "b", forceString: true}\n  - {name: image.tag, value: "v2", forceString: true}\n',
      helm(),
    ],
    [
      'a whole image in one parameter',
      'helm:\n  parameters:\n  - name: img\n    value: "host:5000/web:v1"\n',
      'v2',
      'helm:\n  parameters:\n  - name: img\n    value: "registry.example.com/acme/web:v2"\n',
      helm({ keys: { helmSpec: 'img' } }),
    ],
    [
      'a configured name is written, one without registry is left',
      'helm:\n  parameters:\n  - name: web.tag\n    value: v1\n  - name: web.name\n    value: acme/web\n',
      'v2',
      'helm:\n  parameters:\n  - name: web.tag\n    value: v2\n  - name: web.name\n    value: acme/web\n',
      helm({ keys: { helmName: 'web.name', helmTag: 'web.tag' } }),
    ],
  ] as const) {
    test(what, () => {
      expect(open(before).edit([wantedImage(WEB, version, more)])).toEqual({ text: after, problems: new Map() });
    });
  }

  test('two images with keys of their own in a new file', () => {
    const edited = open(undefined).edit([
      wantedImage(WEB, 'v2', helm({ keys: { helmTag: 'web.tag' } })),
      wantedImage('postgres', '15.2', helm({ keys: { helmTag: 'db.tag' } })),
    ]);
    expect(load(edited.text)).toEqual({
      helm: {
        parameters: [
          { name: 'db.tag', value: '15.2', forcestring: true },
          { name: 'web.tag', value: 'v2', forcestring: true },
        ],
      },
    });
  });

  test('two images on one parameter: the first is written, the second refused', () => {
    for (const before of [undefined, 'helm: {parameters: [{name: image.tag, value: v1}]}\n']) {
      const edited = open(before).edit([wantedImage(WEB, 'v2', helm()), wantedImage('postgres', '15.2', helm())]);
      expect(edited.text).toContain('value: v2');
      expect([...edited.problems].map(([index, { code }]) => [index, code])).toEqual([[1, 'TARGET_CONFLICT']]);
    }
  });
});

describe('Kustomize images', () => {
  const source: Source = { ...BARE, kustomize: { images: ['postgres:15', `web=${WEB}:v1`] } };
  for (const [what, before, image, version, after, more] of [
    [
      'a new file carries the other images of the Application',
      undefined,
      WEB,
      'v2',
      `kustomize:\n  images:\n  - postgres:15\n  - web=${WEB}:v2\n`,
      { source },
    ],
    ['a new file', undefined, 'nginx', '1.2.3', 'kustomize:\n  images:\n  - nginx:1.2.3\n', {}],
    [
      'a new file for a configured name',
      undefined,
      WEB,
      'v2',
      `kustomize:\n  images:\n  - web=${WEB}:v2\n`,
      { keys: { kustomizeName: 'web' } },
    ],
    [
      'the name that the manifests use',
      'kustomize:\n  images:\n  - docker.io/library/nginx:v1\n',
      'nginx',
      'v2',
      'kustomize:\n  images:\n  - docker.io/library/nginx:v2\n  - library/nginx:v2\n',
      { usedAs: 'library/nginx' },
    ],
    [
      'quotes, comments and the name in front stay',
      `kustomize: # k\n  images:\n    - 'web=${WEB}:v1' # w\n    - other:v1\n`,
      WEB,
      'v2',
      `kustomize: # k\n  images:\n    - 'web=${WEB}:v2' # w\n    - other:v1\n`,
      {},
    ],
    [
      'a digest goes',
      `kustomize:\n  images:\n  - ${WEB}@${DIGEST}\n`,
      WEB,
      'v2',
      `kustomize:\n  images:\n  - ${WEB}:v2\n`,
      {},
    ],
    [
      'a port is no tag',
      'kustomize:\n  images:\n  - localhost:5000/a:1\n  - localhost:5000/b:1\n',
      'localhost:5000/b',
      '2',
      'kustomize:\n  images:\n  - localhost:5000/a:1\n  - localhost:5000/b:2\n',
      {},
    ],
    [
      'a configured name joins an entry without one',
      `kustomize: {images: [${WEB}:v1]}\n`,
      WEB,
      'v2',
      `kustomize: {images: [web=${WEB}:v2]}\n`,
      { keys: { kustomizeName: 'web' } },
    ],
    [
      'a configured name takes the image',
      'kustomize: {images: [web=quay.io/acme/old:v1]}\n',
      WEB,
      'v2',
      `kustomize: {images: [web=${WEB}:v2]}\n`,
      { keys: { kustomizeName: 'web' } },
    ],
  ] as const) {
    test(what, () => {
      expect(open(before).edit([wantedImage(image, version, more)])).toEqual({ text: after, problems: new Map() });
    });
  }

  test('what shares an anchor with something else is refused', () => {
    const text = 'x: &a nginx:v1\nkustomize: {images: [*a, &b redis:v1]}\ny: *b\n';
    const edited = open(text).edit([wantedImage('nginx', 'v2'), wantedImage('redis', 'v2')]);
    expect(edited.text).toBe('x: &a nginx:v1\nkustomize: {images: [nginx:v2, &b redis:v1]}\ny: *b\n');
    expect(edited.problems.get(1)?.message).toContain('&b');
  });
});

describe('as upstream, where that is right', () => {
  test('argocdsource.jsonl', () => {
    const cases = goldenCases<GoldenWrite>('argocdsource.jsonl').filter(isComparable);
    expect(cases.length).toBeGreaterThan(10);
    for (const golden of cases) {
      const before = golden.before ?? undefined;
      const edited = open(before).edit(wantedIn(golden));
      expect(edited.problems, golden.note).toEqual(new Map());
      expect(meaning(edited.text, golden), golden.note).toEqual(meaning(golden.after ?? '', golden));
    }
  });
});

/** Cases of the default target, without plugins, in which something is written. */
function isComparable({ application, writeBackConfig, updates, defect }: GoldenWrite): boolean {
  const { source, sources = [] } = application.spec;
  const plugin = [source, ...sources].some((one) => one?.plugin !== undefined);
  return defect === undefined && writeBackConfig.gitConfig === undefined && updates.length > 0 && !plugin;
}

/** What Argo CD takes from the file, without the image names that nobody configured: upstream writes them always. */
function meaning(text: string, { images, before }: GoldenWrite): unknown {
  const content: unknown = load(text);
  const file = isUntyped(content) ? content : {};
  const named = images.some(({ manifestTargets }) => manifestTargets?.helm?.name === 'image.name');
  const isMeant = (name: unknown) => named || before?.includes('image.name') || name !== 'image.name';
  const parameters = listAt(mappingAt(file, 'helm'), 'parameters').filter(isUntyped);
  const overrides = textsAt(mappingAt(file, 'kustomize'), 'images').map(parseKustomizeImage);
  return {
    parameters: parameters.flatMap(({ name, value }) => (isMeant(name) ? [`${name} ${value}`] : [])).sort(),
    images: Object.fromEntries(
      overrides.map(({ name, newName, tag, digest }) => [canonicalText(name ?? newName), [newName, tag, digest]]),
    ),
  };
}
