import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { goldenCases } from '../../test/golden/golden.ts';
import { applyJsonPatch, PatchFailed } from '../../test/support/json-patch.ts';
import { wantedImage } from '../../test/support/target-images.ts';
import type { Tool, WantedImage } from '../core/target.ts';
import type { TargetKeys } from '../core/tracked-image.ts';
import type { Untyped } from '../core/untyped.ts';
import { openLiveList } from './application.ts';

const SINGLE = { multiSource: false } as const;
const REPO = 'https://git.example/shop.git';
const WEB = 'registry.example/acme/web';

function single(blocks: object): Untyped {
  return {
    metadata: { name: 'shop' },
    spec: { project: 'default', source: { repoURL: REPO, path: 'web', ...blocks } },
  };
}

function patch(object: Untyped, tool: Tool, wanted: readonly WantedImage[], index = 0, layout: object = SINGLE) {
  return openLiveList(object, { multiSource: false, ...layout }, index, tool).patch(wanted);
}

interface Case {
  readonly why: string;
  readonly tool: Tool;
  readonly before: object;
  readonly image?: string;
  readonly keys?: TargetKeys;
  readonly version?: string;
  readonly after: object;
}

const PARAMETER = { name: 'image.tag', value: '1.4.1', forceString: true };

const CASES: readonly Case[] = [
  { why: 'a missing block is made', tool: 'Helm', before: {}, after: { helm: { parameters: [PARAMETER] } } },
  {
    why: 'a missing list is made, and the block keeps the rest',
    tool: 'Helm',
    before: { helm: { valueFiles: ['a.yaml'] } },
    after: { helm: { valueFiles: ['a.yaml'], parameters: [PARAMETER] } },
  },
  {
    why: 'an empty list',
    tool: 'Helm',
    before: { helm: { parameters: [] } },
    after: { helm: { parameters: [PARAMETER] } },
  },
  {
    why: 'a parameter is set in its place, and forced to be a string',
    tool: 'Helm',
    keys: { helmName: 'web.repo', helmTag: 'web.tag' },
    before: {
      helm: {
        parameters: [
          { name: 'web.tag', value: '1.4.0' },
          { name: 'replicas', value: '3' },
        ],
      },
    },
    after: {
      helm: {
        parameters: [
          { name: 'web.tag', value: '1.4.1', forceString: true },
          { name: 'replicas', value: '3' },
          { name: 'web.repo', value: WEB, forceString: true },
        ],
      },
    },
  },
  {
    why: 'of two with one name the last one counts',
    tool: 'Helm',
    before: {
      helm: {
        parameters: [
          { name: 'image.tag', value: '1' },
          { name: 'image.tag', value: '2' },
        ],
      },
    },
    after: { helm: { parameters: [{ name: 'image.tag', value: '1' }, PARAMETER] } },
  },
  {
    why: 'a parameter without a value has the empty one',
    tool: 'Helm',
    before: { helm: { parameters: [{ name: 'image.tag', forceString: true }] } },
    after: { helm: { parameters: [PARAMETER] } },
  },
  {
    why: 'the whole image in one parameter, with its digest',
    tool: 'Helm',
    keys: { helmSpec: 'image' },
    version: `1.4.1@sha256:${'a'.repeat(64)}`,
    before: { helm: {} },
    after: {
      helm: { parameters: [{ name: 'image', value: `${WEB}:1.4.1@sha256:${'a'.repeat(64)}`, forceString: true }] },
    },
  },
  {
    why: 'images: the one with the same name',
    tool: 'Kustomize',
    before: { kustomize: { images: ['db:9', `${WEB}:1.4.0`] } },
    after: { kustomize: { images: ['db:9', `${WEB}:1.4.1`] } },
  },
  {
    why: 'images: the name for an image stays (upstream drops it)',
    tool: 'Kustomize',
    before: { kustomize: { images: [`web=${WEB}:1.4.0`] } },
    after: { kustomize: { images: [`web=${WEB}:1.4.1`] } },
  },
  {
    why: 'images: another registry with a port is another image (upstream overwrites it)',
    tool: 'Kustomize',
    image: 'reg.local:5000/b',
    before: { kustomize: { images: ['reg.local:5000/a:1', 'reg.local:5000/b:1'] } },
    after: { kustomize: { images: ['reg.local:5000/a:1', 'reg.local:5000/b:1.4.1'] } },
  },
  {
    why: 'images: the same path in another registry is another image (upstream replaces it)',
    tool: 'Kustomize',
    before: { kustomize: { images: ['mirror.example/acme/web:1.4.0'] } },
    after: { kustomize: { images: ['mirror.example/acme/web:1.4.0', `${WEB}:1.4.1`] } },
  },
  {
    why: 'images: from a digest to a tag without a second entry',
    tool: 'Kustomize',
    before: { kustomize: { namePrefix: 'x-', images: [`${WEB}@sha256:${'a'.repeat(64)}`] } },
    after: { kustomize: { namePrefix: 'x-', images: [`${WEB}:1.4.1`] } },
  },
  {
    why: "a plugin's variables",
    tool: 'Plugin',
    keys: { pluginName: 'NAME', pluginTag: 'TAG' },
    before: { plugin: { name: 'cdk', env: [{ name: 'TAG', value: '1.4.0' }] } },
    after: {
      plugin: {
        name: 'cdk',
        env: [
          { name: 'TAG', value: '1.4.1' },
          { name: 'NAME', value: WEB },
        ],
      },
    },
  },
  {
    why: "a plugin's variable for the whole image",
    tool: 'Plugin',
    keys: { pluginSpec: 'IMAGE' },
    before: { plugin: {} },
    after: { plugin: { env: [{ name: 'IMAGE', value: `${WEB}:1.4.1` }] } },
  },
];

describe('what a list becomes', () => {
  for (const { why, tool, before, image = WEB, keys = {}, version = '1.4.1', after } of CASES) {
    test(`${tool}: ${why}`, () => {
      const object = single(before);
      const wanted = wantedImage(image, version, { keys, tool });
      const { operations, problems } = patch(object, tool, [wanted]);
      expect(problems).toEqual(new Map());
      const patched = applyJsonPatch(object, operations);
      expect(patched).toEqual(single(after));
      expect(patch(patched, tool, [wanted]).operations).toEqual([]);
      expect(openLiveList(patched, SINGLE, 0, tool).read(wanted)).toEqual(wanted.version);
    });
  }

  test('operations of a parameter that is there: its name and all that changes is tested', () => {
    const object = single({
      helm: {
        parameters: [
          { name: 'x', value: '' },
          { name: 'image.tag', value: '1.4.0' },
        ],
      },
    });
    const at = '/spec/source/helm/parameters/1';
    expect(patch(object, 'Helm', [wantedImage(WEB, '1.4.1', { tool: 'Helm' })]).operations).toEqual([
      { op: 'test', path: `${at}/name`, value: 'image.tag' },
      { op: 'test', path: `${at}/value`, value: '1.4.0' },
      { op: 'test', path: `${at}/forceString`, value: null },
      { op: 'replace', path: `${at}/value`, value: '1.4.1' },
      { op: 'add', path: `${at}/forceString`, value: true },
    ]);
  });

  test('one of several sources is known by what it is', () => {
    const source = { repoURL: REPO, chart: 'shop', kustomize: { images: [`${WEB}:1.4.0`] } };
    const object = { spec: { sources: [{ repoURL: REPO, ref: 'values' }, source] } };
    const { operations } = patch(object, 'Kustomize', [wantedImage(WEB, '1.4.1')], 1, { multiSource: true });
    expect(operations).toEqual([
      { op: 'test', path: '/spec/sources/1/repoURL', value: REPO },
      { op: 'test', path: '/spec/sources/1/path', value: null },
      { op: 'test', path: '/spec/sources/1/chart', value: 'shop' },
      { op: 'test', path: '/spec/sources/1/name', value: null },
      { op: 'test', path: '/spec/sources/1/kustomize/images/0', value: `${WEB}:1.4.0` },
      { op: 'replace', path: '/spec/sources/1/kustomize/images/0', value: `${WEB}:1.4.1` },
    ]);
    const shifted = { spec: { sources: [source, ...object.spec.sources] } };
    expect(() => applyJsonPatch(shifted, operations)).toThrow(PatchFailed);
  });

  test("the hydrator's dry source", () => {
    const object = { spec: { sourceHydrator: { drySource: { repoURL: REPO, path: 'web' } } } };
    const { operations } = patch(object, 'Kustomize', [wantedImage(WEB, '1.4.1')], 0, { isHydrated: true });
    expect(applyJsonPatch(object, operations)).toEqual({
      spec: {
        sourceHydrator: { drySource: { repoURL: REPO, path: 'web', kustomize: { images: [`${WEB}:1.4.1`] } } },
      },
    });
  });

  test('two images on one place: the first one is written, the other is a problem', () => {
    const wanted = [wantedImage(WEB, '1', { tool: 'Helm' }), wantedImage('acme/db', '2', { tool: 'Helm' })];
    const { operations, problems, after } = patch(single({}), 'Helm', wanted);
    expect([...problems]).toMatchObject([[1, { code: 'TARGET_CONFLICT' }]]);
    expect(operations).toHaveLength(2);
    expect(after).toBe('- name: image.tag\n  value: "1"\n  forceString: true\n');
  });
});

interface GoldenSet {
  readonly op: string;
  readonly before: readonly string[];
  readonly set: string;
  readonly kustomizeName: string;
  readonly after: readonly string[];
  readonly defect?: string;
}

/** Where the spelling that is there stays, because all spellings of Docker Hub's images are one. */
const SPELT: Readonly<Record<string, readonly string[]>> = {
  'docker.io/library/nginx:1.25': ['docker.io/library/nginx:1.26'],
  'library/nginx:1.25': ['library/nginx:1.26'],
};

describe("upstream's answers for kustomize.images", () => {
  const cases = goldenCases<GoldenSet>('kustomizeimages.jsonl').filter(({ op, defect }) => op === 'set' && !defect);
  for (const { before, set, kustomizeName, after } of cases) {
    test(`${set} into ${before.join(', ')}`, () => {
      const keys = kustomizeName === '' ? {} : { kustomizeName };
      const [name = '', version = ''] = set.split(/:(?=[^/]+$)/);
      const object = single({ kustomize: { images: before } });
      const { operations } = patch(object, 'Kustomize', [wantedImage(name, version, { keys })]);
      const images = SPELT[before[0] ?? ''] ?? after;
      expect(applyJsonPatch(object, operations)).toEqual(single({ kustomize: { images } }));
    });
  }
});

const NAMES = ['web.tag', 'web.name', 'db.tag', 'replicas', 'a~1/b'] as const;
const parameter = fc.record(
  { name: fc.constantFrom(...NAMES), value: fc.constantFrom('', '1.0', '2.0', WEB), forceString: fc.boolean() },
  { requiredKeys: ['name'] },
);
const override = fc.constantFrom(
  `${WEB}:1.0`,
  `web=${WEB}:1.0`,
  'acme/db:1',
  'acme/db@sha256:x',
  'reg:5000/a/b:2',
  'x',
);
// As JSON gives them: fast-check makes objects without a prototype.
const blocks = fc
  .record(
    {
      helm: fc.record(
        { parameters: fc.array(parameter, { maxLength: 5 }), values: fc.constant('a: 1') },
        { requiredKeys: [] },
      ),
      kustomize: fc.record(
        { images: fc.array(override, { maxLength: 5 }), namePrefix: fc.string() },
        { requiredKeys: [] },
      ),
      plugin: fc.record({ env: fc.array(fc.record({ name: fc.constantFrom('TAG', 'X'), value: fc.string() })) }),
    },
    { requiredKeys: [] },
  )
  .map((plain) => structuredClone(plain));
const wants = fc.uniqueArray(fc.constantFrom('web', 'db', 'other'), { minLength: 1 }).map((names) =>
  names.map((name) =>
    wantedImage(`registry.example/acme/${name}`, '3.0', {
      keys: { helmTag: `${name}.tag`, helmName: `${name}.name`, pluginTag: `TAG_${name}` },
    }),
  ),
);
const tools = fc.constantFrom<Tool[]>('Helm', 'Kustomize', 'Plugin');

describe('laws', () => {
  test('the patch makes the object say what is wanted, and changes nothing else', () => {
    fc.assert(
      fc.property(blocks, tools, wants, (before, tool, wanted) => {
        const object = single(before);
        const { operations, problems } = patch(object, tool, wanted);
        const after = applyJsonPatch(object, operations);
        const list = openLiveList(after, SINGLE, 0, tool);
        for (const [index, one] of wanted.entries()) {
          if (!problems.has(index)) expect(list.read(one)).toEqual(one.version);
        }
        expect(list.patch(wanted.filter((_, index) => !problems.has(index))).operations).toEqual([]);
        expect(withoutLists(after, tool)).toEqual(withoutLists(object, tool));
        expect(strangersOf(after)).toEqual(strangersOf(object));
      }),
    );
  });

  test('what somebody else does to the list meanwhile is never undone', () => {
    fc.assert(
      fc.property(blocks, blocks, tools, wants, (before, meanwhile, tool, wanted) => {
        const { operations } = patch(single(before), tool, wanted);
        const now = single(meanwhile);
        const after = appliedOrNot(now, operations);
        if (after === undefined) return;
        // Every value that was replaced is the one that this was decided on.
        const fresh = patch(now, tool, wanted);
        if (operations.length > 0) expect(after).toEqual(applyJsonPatch(now, fresh.operations));
      }),
    );
  });
});

function appliedOrNot(object: Untyped, operations: Parameters<typeof applyJsonPatch>[1]): Untyped | undefined {
  try {
    return applyJsonPatch(object, operations);
  } catch (error) {
    if (error instanceof PatchFailed) return undefined;
    throw error;
  }
}

const LISTS = { Helm: ['helm', 'parameters'], Kustomize: ['kustomize', 'images'], Plugin: ['plugin', 'env'] } as const;

function withoutLists(object: Untyped, tool: Tool): unknown {
  const copy = structuredClone(object);
  const [block, list] = LISTS[tool];
  const source = Object(copy['spec']).source;
  source[block] ??= {};
  delete source[block][list];
  return copy;
}

/** Items that belong to none of the images. */
function strangersOf(object: Untyped): unknown {
  const { helm, kustomize } = Object(object['spec']).source;
  return [
    (helm?.parameters ?? []).filter(({ name }: { name: string }) => !/\.(tag|name)$/.test(name)),
    (kustomize?.images ?? []).filter((text: string) => !/acme\/(web|db|other)/.test(text)),
  ];
}
