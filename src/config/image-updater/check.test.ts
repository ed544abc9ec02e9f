import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { nearest } from '../../core/nearest.ts';
import { admit } from './check.ts';
import { spec } from './definition.ts';
import type { ObjectSchema, Schema } from './schema.ts';

const IMAGE = { alias: 'web', imageName: 'nginx' };
const REF = { namePattern: 'a', images: [IMAGE] };

const withRef = (ref: object) => ({ applicationRefs: [{ ...REF, ...ref }] });
const withImage = (image: object) => withRef({ images: [{ ...IMAGE, ...image }] });

function problemsOf(value: unknown): readonly string[] {
  const admitted = admit(spec, value, ['spec']);
  return admitted.ok ? [] : admitted.problems.map(({ message, fix }) => `${message}; ${fix}`);
}

describe('what the API server admits (reference part 1, 1.2)', () => {
  for (const [what, value] of [
    ['the least', { applicationRefs: [REF] }],
    ['annotations and no images', { applicationRefs: [{ namePattern: '', useAnnotations: true }] }],
    ['every setting', withImage({ commonUpdateSettings: { updateStrategy: 'x', ignoreTags: [], platforms: ['y'] } })],
    ['any free text as an image', withImage({ imageName: '' })],
    ['a label selector', withRef({ labelSelectors: { matchLabels: { a: 'b' }, matchExpressions: [] } })],
    ['method git:…', withRef({ writeBackConfig: { method: 'git:secret:ns/name' } })],
    ['no verification', withImage({ imagesVerification: { enabled: false } })],
    ['a key', withImage({ imagesVerification: { cosignKey: { secretName: 'a', key: 'b' } } })],
    ['a plugin', withImage({ manifestTargets: { plugin: { name: 'A' } } })],
    ['a pull request', withRef({ writeBackConfig: { gitConfig: { pullRequest: { github: {}, labels: ['a'] } } } })],
  ] as const) {
    test(what, () => {
      expect(problemsOf(value)).toEqual([]);
    });
  }

  test('defaults are filled in', () => {
    const admitted = admit(spec, withRef({ imagesVerification: { cosignKey: { secretName: 'a', key: 'b' } } }), []);
    expect(admitted).toMatchObject({
      value: { applicationRefs: [{ useAnnotations: false, imagesVerification: { enabled: true } }] },
    });
  });
});

const REF_0 = 'spec.applicationRefs[0]';
const IMAGE_0 = `${REF_0}.images[0]`;

describe('what it refuses, each with the path', () => {
  for (const [value, ...expected] of [
    [undefined, 'spec: is empty, but must be a mapping; give it a value, or remove it'],
    [{}, 'spec.applicationRefs: is missing; add applicationRefs'],
    [{ applicationRefs: [] }, 'spec.applicationRefs: must have at least 1 item; add one'],
    [{ applicationRefs: null }, 'spec.applicationRefs: is empty, but must be a list; give it a value, or remove it'],
    [
      withRef({ images: [] }),
      `${REF_0}: must have images, or useAnnotations: true; add images, or set useAnnotations: true`,
    ],
    [
      { applicationRefs: [REF, REF] },
      `spec.applicationRefs[1].namePattern: "a" stands at ${REF_0} already; merge the two, or rename one`,
    ],
    [
      withRef({ images: [IMAGE, IMAGE] }),
      `${REF_0}.images[1].alias: "web" stands at ${IMAGE_0} already; merge the two, or rename one`,
    ],
    [withImage({ alias: 'a/b' }), `${IMAGE_0}.alias: "a/b" does not match ^[a-zA-Z0-9][a-zA-Z0-9-._]*$; ANY`],
    [withImage({ imageName: 1.5 }), `${IMAGE_0}.imageName: must be a text, but is the number 1.5; write it in quotes`],
    [
      withImage({ commonUpdateSettings: { forceUpdate: 'true' } }),
      `${IMAGE_0}.commonUpdateSettings.forceUpdate: must be true or false, but is a text; write it without quotes`,
    ],
    [
      withImage({ commonUpdateSettings: { ignoreTags: 'dev, rc' } }),
      `${IMAGE_0}.commonUpdateSettings.ignoreTags: must be a list, but is a text; write a list`,
    ],
    [
      withImage({ updateStrategy: 'semver' }),
      `${IMAGE_0}.updateStrategy: there is no such field; write commonUpdateSettings.updateStrategy`,
    ],
    [withImage({ imagename: 'x' }), `${IMAGE_0}.imagename: there is no such field; write imageName`],
    [{ ...withRef({}), qqqqqqq: 1 }, `spec.qqqqqqq: there is no such field; ANY`],
    [
      withImage({ manifestTargets: {} }),
      `${IMAGE_0}.manifestTargets: must have exactly one of helm, kustomize, plugin; keep one of helm, kustomize, plugin`,
    ],
    [
      withImage({ manifestTargets: { helm: {}, kustomize: { name: 'x' } } }),
      `${IMAGE_0}.manifestTargets: must have exactly one of helm, kustomize, plugin; keep one of helm, kustomize, plugin`,
    ],
    [
      withImage({ manifestTargets: { kustomize: {} } }),
      `${IMAGE_0}.manifestTargets.kustomize.name: is missing; add name`,
    ],
    [
      withImage({ manifestTargets: { plugin: { tag: 'T' } } }),
      `${IMAGE_0}.manifestTargets.plugin: must have spec or name; add spec, or name and tag`,
    ],
    [
      withImage({ manifestTargets: { plugin: { spec: '' } } }),
      `${IMAGE_0}.manifestTargets.plugin.spec: is empty; give it a value, or remove it`,
    ],
    [
      withImage({ manifestTargets: { plugin: { spec: 'x'.repeat(254) } } }),
      `${IMAGE_0}.manifestTargets.plugin.spec: has 254 characters, more than 253; write a shorter text`,
    ],
    [
      withImage({ imagesVerification: {} }),
      `${IMAGE_0}.imagesVerification: verification needs a cosignKey; add cosignKey, or set enabled: false`,
    ],
    [
      { ...withRef({}), imagesVerification: { enabled: true } },
      'spec.imagesVerification: verification needs a cosignKey; add cosignKey, or set enabled: false',
    ],
    [
      withRef({ imagesVerification: { cosignKey: { secretName: 'a' } } }),
      `${REF_0}.imagesVerification.cosignKey.key: is missing; add key`,
    ],
    [withRef({ writeBackConfig: { method: 'svn' } }), `${REF_0}.writeBackConfig.method: "svn" does not match ANY`],
    [
      withRef({ writeBackConfig: { gitConfig: { pullRequest: {} } } }),
      `${REF_0}.writeBackConfig.gitConfig.pullRequest: must have exactly one of github, gitlab; keep one of github, gitlab`,
    ],
    [
      withRef({ writeBackConfig: { gitConfig: { pullRequest: { gitlab: {}, labels: [''] } } } }),
      `${REF_0}.writeBackConfig.gitConfig.pullRequest.labels[0]: is empty; give it a value, or remove it`,
    ],
    [
      withRef({ writeBackConfig: { gitConfig: { pullRequest: { gitlab: {}, labels: Array(101).fill('a') } } } }),
      `${REF_0}.writeBackConfig.gitConfig.pullRequest.labels: has 101 items, more than 100; remove some`,
    ],
    [
      withRef({ labelSelectors: { matchLabels: { tier: 1 } } }),
      `${REF_0}.labelSelectors.matchLabels.tier: must be a text, but is the number 1; write it in quotes`,
    ],
  ] as readonly (readonly [unknown, ...string[]])[]) {
    test(expected.join(' | '), () => {
      const matching = expected.map((text) =>
        text.endsWith('ANY') ? expect.stringContaining(text.slice(0, -'ANY'.length)) : text,
      );
      expect(problemsOf(value)).toEqual(matching);
    });
  }

  test('all at once', () => {
    const value = { applicationRefs: [{ images: [{ alias: '-', imagName: 'x' }] }], extra: 1 };
    expect(problemsOf(value)).toHaveLength(5);
  });
});

/** Every mapping of the schema with its path. */
function* mappings(schema: Schema, path: readonly string[]): Generator<readonly [ObjectSchema, readonly string[]]> {
  if (schema.type === 'array') yield* mappings(schema.items, path);
  if (schema.type !== 'object') return;
  yield [schema, path];
  for (const [key, field] of Object.entries(schema.fields)) yield* mappings(field, [...path, key]);
}

function slips(key: string): readonly string[] {
  const places = [...key].map((_, at) => at);
  const letters = [...'abcdefghijklmnopqrstuvwxyzABCXYZ_'];
  return [
    ...places.map((at) => key.slice(0, at) + key.slice(at + 1)),
    ...places.flatMap((at) => letters.map((letter) => key.slice(0, at) + letter + key.slice(at + 1))),
    ...[...places, key.length].flatMap((at) => letters.map((letter) => key.slice(0, at) + letter + key.slice(at))),
  ];
}

test('every slip of one letter in every field is reported, with a nearest field first', () => {
  const missed: string[] = [];
  // Blocks that stand at several levels are one schema.
  for (const [schema, path] of new Map(mappings(spec, ['spec']))) {
    const names = Object.keys(schema.fields);
    for (const slip of new Set(names.flatMap(slips))) {
      if (names.includes(slip) || slip === '') continue;
      const admitted = admit(schema, { [slip]: null }, path);
      const problem = admitted.ok ? undefined : admitted.problems.find(({ code }) => code === 'CONFIG_UNKNOWN_KEY');
      const named = problem?.message.includes(`.${slip}:`) && problem.fix === `write ${nearest(slip, names)}`;
      if (!named) missed.push(slip);
    }
  }
  expect(missed).toEqual([]);
});

test('whatever is given, nothing is thrown', () => {
  fc.assert(
    fc.property(fc.anything(), (value) => {
      expect(() => admit(spec, value, [])).not.toThrow();
    }),
  );
});
