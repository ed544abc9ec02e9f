import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { load } from 'js-yaml';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { findTool, missing } from '../../test/e2e/tools.ts';
import { goldenCases } from '../../test/golden/golden.ts';
import { type GoldenWrite, wantedIn } from '../../test/support/golden-writes.ts';
import { targetImage, wantedImage } from '../../test/support/target-images.ts';
import { formatVersion } from '../core/image-version.ts';
import type { TargetImage } from '../core/target.ts';
import { kustomization } from './kustomization.ts';

const OLD = `sha256:${'0'.repeat(64)}`;
const NEW = `sha256:${'a'.repeat(64)}`;
const WEB = 'registry.example.com/acme/web';

const open = (text: string) => kustomization.open(text, 'kustomization.yaml');
const IN_USE = { usedAs: 'nginx' };
const named = (kustomizeName: string) => ({ keys: { kustomizeName } });

describe('what an entry states', () => {
  for (const [what, text, image, expected, more] of [
    ['a tag', 'images:\n- name: nginx\n  newTag: "1.25"\n', 'nginx', '1.25'],
    ['a tag as written, not as a number', 'images:\n- name: nginx\n  newTag: 1.10\n', 'nginx', '1.10'],
    ['a digest', `images:\n- name: nginx\n  digest: ${OLD}\n`, 'nginx', `@${OLD}`],
    ['both', `images:\n- name: nginx\n  newTag: '1'\n  digest: ${OLD}\n`, 'nginx', `1@${OLD}`],
    ['nothing', 'images:\n- name: nginx\n  newName: x\n', 'nginx', undefined],
    ['a suffix alone is no version', 'images:\n- name: nginx\n  tagSuffix: -a\n', 'nginx', undefined],
    ['a suffix beside a tag does not count', 'images:\n- name: nginx\n  newTag: v1\n  tagSuffix: -a\n', 'nginx', 'v1'],
    ['another spelling', 'images:\n- name: docker.io/library/nginx\n  newTag: v1\n', 'nginx', 'v1'],
    ['another registry is another image', 'images:\n- name: quay.io/acme/web\n  newTag: v1\n', WEB, undefined],
    ['the image behind newName', `images:\n- name: web\n  newName: ${WEB}\n  newTag: v1\n`, WEB, 'v1'],
    ['the configured name', 'images:\n- {name: a, newTag: v1}\n- {name: b, newTag: v2}\n', WEB, 'v2', named('b')],
    ['the last of several', 'images:\n- {name: nginx, newTag: v1}\n- {name: nginx, newTag: v2}\n', 'nginx', 'v2'],
    ['a merge', 'images:\n- &a {name: x, newTag: v1}\n- {<<: *a, name: nginx}\n', 'nginx', 'v1'],
    ['an alias', 'images:\n- {name: x, newTag: &t v1}\n- {name: nginx, newTag: *t}\n', 'nginx', 'v1'],
    ['nothing for the name in use', 'images:\n- {name: docker.io/nginx, newName: x}\n', 'nginx', undefined, IN_USE],
  ] as const) {
    test(what, () => {
      const version = open(text).read(targetImage(image, more));
      expect(version && formatVersion(version)).toBe(expected);
    });
  }
});

interface EditCase {
  readonly what: string;
  readonly before: string;
  readonly image: string;
  readonly version: string;
  readonly after: string;
  readonly more?: Partial<TargetImage>;
}

const EDITS: readonly EditCase[] = [
  {
    what: 'comments, quotes, order and line ends stay',
    before: '# a\r\nimages: # b\r\n\r\n    - newTag: \'1.0\' # c\r\n      name: "nginx"\r\n\r\n# d',
    image: 'nginx',
    version: '1.10',
    after: '# a\r\nimages: # b\r\n\r\n    - newTag: \'1.10\' # c\r\n      name: "nginx"\r\n\r\n# d',
  },
  {
    what: 'a tag in the entry that puts a suffix on it last, which would be put on the new one too',
    before: 'images:\n- name: nginx\n  newTag: v1\n- name: nginx\n  tagSuffix: -a\n',
    image: 'nginx',
    version: 'v2',
    after: 'images:\n- name: nginx\n  newTag: v1\n- name: nginx\n  tagSuffix: -a\n  newTag: v2\n',
  },
  {
    what: 'a tag that would become a number is quoted',
    before: 'images:\n- name: nginx\n  newTag: v1\n',
    image: 'nginx',
    version: '1.10',
    after: 'images:\n- name: nginx\n  newTag: "1.10"\n',
  },
  {
    what: 'a digest goes, the comment on the key before it stays',
    before: `images: [\n  {\n    name: nginx, # c\n    digest: ${OLD} # pinned\n  }\n]\n`,
    image: 'nginx',
    version: 'v2',
    after: 'images: [\n  {\n    name: nginx, newTag: v2, # c\n  }\n]\n',
  },
  {
    what: 'a digest goes that comes first, with a comment behind its comma',
    before: `images: [\n  {\n    digest: ${OLD}, # pinned\n    newName: a, # c\n    name: nginx\n  }\n]\n`,
    image: 'a',
    version: 'v2',
    after: 'images: [\n  {\n    newName: a, # c\n    name: nginx,\n    newTag: v2\n  }\n]\n',
  },
  {
    what: 'a digest goes, a comma at the start of its line stays behind a comment',
    before: `images:\n- { name: nginx # c\n  , digest: ${OLD}\n  , newName: a }\n`,
    image: 'a',
    version: 'v2',
    after: 'images:\n- { name: nginx # c\n  , newName: a, newTag: v2 }\n',
  },
  {
    what: 'a digest goes when only a tag is wanted',
    before: `images:\n- name: nginx\n  newTag: v1\n  digest: ${OLD} # pinned\n- name: b\n`,
    image: 'nginx',
    version: 'v2',
    after: 'images:\n- name: nginx\n  newTag: v2\n- name: b\n',
  },
  {
    what: 'a digest as first key gives way to the next one',
    before: `images:\n- digest: ${OLD}\n  name: nginx`,
    image: 'nginx',
    version: 'v2',
    after: 'images:\n- name: nginx\n  newTag: v2',
  },
  {
    what: 'a digest as last line without line break',
    before: `images:\r\n- name: nginx\r\n  newTag: v1\r\n  digest: ${OLD}`,
    image: 'nginx',
    version: 'v2',
    after: 'images:\r\n- name: nginx\r\n  newTag: v2',
  },
  {
    what: 'a digest in flow style',
    before: `images: [{name: nginx, digest: ${OLD}, newName: x}]\n`,
    image: 'nginx',
    version: 'v2',
    after: 'images: [{name: nginx, newName: x, newTag: v2}]\n',
  },
  {
    what: 'a tag in JSON style gives way to a digest',
    before: 'images: [{"name":"nginx","newTag":"v1",}]\n',
    image: 'nginx',
    version: `@${NEW}`,
    after: `images: [{"name":"nginx", "digest": "${NEW}",}]\n`,
  },
  {
    what: 'tag and digest together',
    before: 'images:\n- name: nginx\n  newTag: v1\n',
    image: 'nginx',
    version: `v2@${NEW}`,
    after: `images:\n- name: nginx\n  newTag: v2\n  digest: ${NEW}\n`,
  },
  {
    what: 'a tag goes when only a digest is wanted',
    before: 'images:\n- name: nginx\n  newTag: v1\n',
    image: 'nginx',
    version: `@${NEW}`,
    after: `images:\n- name: nginx\n  digest: ${NEW}\n`,
  },
  {
    what: 'newName and tagSuffix stay',
    before: 'images:\n- name: nginx\n  newName: mirror.example.com/nginx\n  newTag: v1\n  tagSuffix: -x\n',
    image: 'nginx',
    version: 'v2',
    after: 'images:\n- name: nginx\n  newName: mirror.example.com/nginx\n  newTag: v2\n  tagSuffix: -x\n',
  },
  {
    what: 'the entry is found by newName',
    before: `images:\n- name: web\n  newName: ${WEB}\n  newTag: v1\n`,
    image: WEB,
    version: 'v2',
    after: `images:\n- name: web\n  newName: ${WEB}\n  newTag: v2\n`,
  },
  {
    what: 'every entry that yields the image',
    before: `images:\n- {name: a, newName: ${WEB}, newTag: v1}\n- {name: ${WEB}, newTag: v0}\n- {name: b, newTag: v1}\n`,
    image: WEB,
    version: 'v2',
    after: `images:\n- {name: a, newName: ${WEB}, newTag: v1}\n- {name: ${WEB}, newTag: v2}\n- {name: b, newTag: v1}\n`,
  },
  {
    what: 'the last of two entries for one name',
    before: 'images:\n- {name: nginx, newTag: v1}\n- {name: nginx, newTag: v1}\n',
    image: 'nginx',
    version: 'v2',
    after: 'images:\n- {name: nginx, newTag: v1}\n- {name: nginx, newTag: v2}\n',
  },
  {
    what: 'an entry behind one for all images',
    before: 'images:\n- name: "*"\n  newTag: v0\n',
    image: 'nginx',
    version: 'v2',
    after: 'images:\n- name: "*"\n  newTag: v0\n- name: "nginx"\n  newTag: v2\n',
  },
  {
    what: 'a configured name gets the image as newName',
    before: 'images:\n- name: web\n  newTag: v1\n',
    image: WEB,
    version: 'v2',
    after: `images:\n- name: web\n  newTag: v2\n  newName: ${WEB}\n`,
    more: named('web'),
  },
  {
    what: 'the alias of a shared tag is replaced',
    before: 'images:\n- {name: a, newTag: &t v1}\n- {name: nginx, newTag: *t}\n',
    image: 'nginx',
    version: 'v2',
    after: 'images:\n- {name: a, newTag: &t v1}\n- {name: nginx, newTag: v2}\n',
  },
  {
    what: 'a merged tag gets a key of its own',
    before: 'images:\n- &a {name: a, newTag: v1}\n- {<<: *a, name: nginx}\n',
    image: 'nginx',
    version: 'v2',
    after: 'images:\n- &a {name: a, newTag: v1}\n- {<<: *a, name: nginx, newTag: v2}\n',
  },
  {
    what: 'a file without images',
    before: 'kind: Component\nresources:\n  - a.yaml',
    image: WEB,
    version: '16',
    after: `kind: Component\nresources:\n  - a.yaml\nimages:\n  - name: ${WEB}\n    newTag: "16"`,
  },
  {
    what: 'images without value',
    before: 'images: # later\nresources: []\n',
    image: 'nginx',
    version: 'v2',
    after: 'images: # later\n- name: nginx\n  newTag: v2\nresources: []\n',
  },
  {
    what: 'images that are an empty list',
    before: 'images: [] # later\r\nresources: []\r\n',
    image: 'nginx',
    version: 'v2',
    after: 'images: # later\r\n- name: nginx\r\n  newTag: v2\r\nresources: []\r\n',
  },
  {
    what: 'a new entry in the style of the others',
    before: "images:\n  -   name: 'a'\n      newTag: 'v1'\n  # foot\nresources: []\n",
    image: 'nginx',
    version: 'v2',
    after:
      "images:\n  -   name: 'a'\n      newTag: 'v1'\n  -   name: 'nginx'\n      newTag: 'v2'\n  # foot\nresources: []\n",
  },
  {
    what: 'a new entry beside flow mappings',
    before: 'images:\n- { name: a, newTag: v1 }\n',
    image: 'nginx',
    version: 'v2',
    after: 'images:\n- { name: a, newTag: v1 }\n- { name: nginx, newTag: v2 }\n',
  },
  {
    what: 'a new entry for a configured name',
    before: 'images:\n- name: a\n',
    image: WEB,
    version: 'v2',
    after: `images:\n- name: a\n- name: web\n  newName: ${WEB}\n  newTag: v2\n`,
    more: named('web'),
  },
  {
    what: 'a new entry for the name that the manifests use',
    before: 'images:\n- name: docker.io/library/nginx\n  newTag: v2\n',
    image: 'nginx',
    version: 'v2',
    after: 'images:\n- name: docker.io/library/nginx\n  newTag: v2\n- name: library/nginx\n  newTag: v2\n',
    more: { usedAs: 'library/nginx' },
  },
  {
    what: 'an empty file',
    before: '# nothing yet\n',
    image: 'nginx',
    version: 'v2',
    after: '# nothing yet\nimages:\n- name: nginx\n  newTag: v2\n',
  },
  {
    what: 'what is there already',
    before: 'images:\n- name: nginx\n  newTag: v2\n',
    image: 'nginx',
    version: 'v2',
    after: 'images:\n- name: nginx\n  newTag: v2\n',
  },
];

describe('edits', () => {
  for (const { what, before, image, version, after, more } of EDITS) {
    test(what, () => {
      const edited = open(before).edit([wantedImage(image, version, more)]);
      expect(edited.problems).toEqual(new Map());
      expect(edited.text).toBe(after);
    });
  }

  for (const [what, text, because] of [
    ['an entry for all images', 'images:\n- {name: nginx, newTag: v1}\n- {name: "*", newTag: v1}\n', 'other images'],
    ['a regular expression', 'images:\n- {name: nginx, newTag: v1}\n- {name: "ng.+x", newTag: v1}\n', 'other images'],
    ['a new name for all images', 'images:\n- {name: "*", newName: x}\n', 'other images'],
    ['an entry that is an alias', 'x: &e {name: nginx, newTag: v1}\nimages: [*e]\n', 'is an alias'],
    ['a shared anchor', 'images:\n- {name: nginx, newTag: &t v1}\n- {name: a, newTag: *t}\n', '&t'],
    ['a shared entry', 'images:\n- &e {name: nginx, newTag: v1}\n- {<<: *e, name: a}\n', '&e'],
    ['two tags in one entry', 'images:\n- name: nginx\n  newTag: v1\n  newTag: v2\n', 'twice'],
    ['two lists', 'images: []\nimages: []\n', 'twice'],
    ['a mapping in place of the list', 'images: {a: b}\n', 'another kind of value'],
    ['the list of old', 'imageTags:\n- {name: a, newTag: v1}\n', 'imageTags'],
  ] as const) {
    test(`${what} is refused`, () => {
      const edited = open(text).edit([wantedImage('nginx', 'v2')]);
      expect(edited.text).toBe(text);
      expect(edited.problems.get(0)).toMatchObject({ code: 'TARGET_REFUSED' });
      expect(edited.problems.get(0)?.message).toContain(because);
    });
  }

  test('images that share an anchor move together', () => {
    const text = 'images:\n- {name: a, newTag: &t v1}\n- {name: b, newTag: *t}\n';
    const edited = open(text).edit([wantedImage('a', 'v2'), wantedImage('b', 'v2')]);
    expect(edited).toEqual({
      text: 'images:\n- {name: a, newTag: &t v2}\n- {name: b, newTag: v2}\n',
      problems: new Map(),
    });
  });

  test('two new images and one that conflicts', () => {
    const edited = open('kind: Kustomization\n').edit([
      wantedImage('a', 'v1'),
      wantedImage('b', 'v1'),
      wantedImage('a', 'v2'),
    ]);
    expect(edited.text).toBe('kind: Kustomization\nimages:\n- name: a\n  newTag: v1\n- name: b\n  newTag: v1\n');
    expect(edited.problems.get(2)?.code).toBe('TARGET_CONFLICT');
  });

  test('there must be a file', () => {
    expect(() => kustomization.open(undefined, 'x/kustomization.yaml')).toThrow('x/kustomization.yaml does not exist');
  });

  test('500 images in one file are one edit', () => {
    const entries = Array.from({ length: 500 }, (_, i) => `- name: r.example.com/a/i${i}\n  newTag: 1.${i}.0 # ${i}\n`);
    const wanted = Array.from({ length: 500 }, (_, i) => wantedImage(`r.example.com/a/i${i}`, `2.${i}.0`));
    const edited = open(`images:\n${entries.join('')}`).edit(wanted);
    expect(edited).toEqual({ text: `images:\n${entries.join('').replaceAll(': 1.', ': 2.')}`, problems: new Map() });
  });
});

describe('as upstream, where that is right', () => {
  test('kustomizewrite.jsonl', () => {
    for (const golden of goldenCases<GoldenWrite>('kustomizewrite.jsonl').filter(({ defect }) => !defect)) {
      const edited = open(golden.before ?? '').edit(wantedIn(golden));
      expect(edited, golden.note).toEqual({ text: golden.after, problems: new Map() });
    }
  });
});

const kustomize = findTool('kustomize');

describe.skipIf(!kustomize)(`judged by kustomize build (${kustomize ? 'real' : missing('kustomize')})`, () => {
  let folder = '';
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'tiphys-kustomize-'));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  const USED = ['nginx', 'docker.io/library/nginx', 'library/nginx', WEB, 'web', 'a', 'b', 'quay.io/acme/web', 'x'];

  /** The images that come out, by the names under which the manifests use them. */
  function build(text: string): ReadonlyMap<string, string> {
    const containers = USED.map((image, index) => ({ name: `c${index}`, image: `${image}:old` }));
    const pod = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p' }, spec: { containers } };
    writeFileSync(join(folder, 'pod.yaml'), JSON.stringify(pod));
    writeFileSync(join(folder, 'kustomization.yaml'), text);
    const built = load(execFileSync(kustomize ?? '', ['build', folder], { encoding: 'utf8', stdio: 'pipe' }));
    const images = [...JSON.stringify(built).matchAll(/"image":"([^"]*)","name":"c(\d+)"/g)];
    return new Map(images.map(([, image = '', index]) => [USED[Number(index)] ?? '', image]));
  }

  for (const { what, before, image, version, more } of EDITS) {
    test(`${what}: only the wanted version comes out anew`, () => {
      const text = withPod(before);
      const edited = open(text).edit([wantedImage(image, version, more)]).text;
      const earlier = build(text);
      const moved = [...build(edited)].filter(([used, result]) => earlier.get(used) !== result);
      expect(moved.length > 0).toBe(text !== edited);
      for (const [, result] of moved) expect(result.slice(nameIn(result).length)).toBe(suffixOf(version));
    });
  }

  const name = fc.constantFrom('nginx', 'web', 'a', 'b', WEB);
  const entry = fc.record(
    {
      name,
      newName: name,
      newTag: fc.constantFrom('v1', '1.0'),
      digest: fc.constant(OLD),
      tagSuffix: fc.constant('-a'),
    },
    { requiredKeys: ['name'] },
  );
  const version = fc.constantFrom('v2', `v2@${NEW}`, `@${NEW}`);

  test('whatever the entries are, the image is the wanted one wherever it is used, and nothing else changes', () => {
    fc.assert(
      fc.property(fc.array(entry, { maxLength: 4 }), name, version, (images, used, to) => {
        const text = `resources: [pod.yaml]\nimages: ${JSON.stringify(images)}\n`;
        const earlier = build(text);
        const image = nameIn(earlier.get(used) ?? '');
        const edited = open(text).edit([wantedImage(image, to, { usedAs: used })]);
        expect(edited.problems).toEqual(new Map());
        for (const [start, result] of build(edited.text)) {
          const before = earlier.get(start) ?? '';
          const isCaught = start === used || images.some((one) => one.name === start);
          expect(result, start).toBe(isCaught && nameIn(before) === image ? `${image}${suffixOf(to)}` : before);
        }
      }),
      { numRuns: 40 },
    );
  });
});

/** Gives the kustomization something to build. */
function withPod(text: string): string {
  return `${text.replace(/resources:(?: \[\]|(?:\r?\n +- .*)+)/, '')}\nresources: [pod.yaml]\n`;
}

function nameIn(reference: string): string {
  return reference.replace(/@.*$/, '').replace(/:[^/:]*$/, '');
}

function suffixOf(version: string): string {
  return version.startsWith('@') ? version : `:${version}`;
}
