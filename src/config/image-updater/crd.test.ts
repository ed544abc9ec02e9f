import { describe, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { imageUpdaterCrd } from './crd.ts';
import { spec, status } from './definition.ts';
import { imageUpdaterJsonSchema } from './json-schema.ts';
import type { Schema } from './schema.ts';

// `npx vitest run src/config/image-updater/crd.test.ts -u` writes both files anew.
describe('the files that are shipped are what the program says', () => {
  test('deploy/crds/imageupdaters.yaml', async () => {
    const yaml = stringify(imageUpdaterCrd(), { lineWidth: 0, aliasDuplicateObjects: false });
    const header = '# Made from src/config/image-updater/definition.ts; a test keeps it so.\n';
    await expect(`${header}${yaml}`).toMatchFileSnapshot('../../../deploy/crds/imageupdaters.yaml');
  });

  test('schemas/imageupdater.schema.json', async () => {
    const json = JSON.stringify(imageUpdaterJsonSchema(), null, 2);
    await expect(`${json}\n`).toMatchFileSnapshot('../../../schemas/imageupdater.schema.json');
  });
});

/** Every field below a schema, by its path without indexes. */
function fieldsOf(schema: Schema, path: string): readonly string[] {
  switch (schema.type) {
    case 'object':
      return Object.entries(schema.fields).flatMap(([key, field]) => [
        `${path}.${key}`,
        ...fieldsOf(field, `${path}.${key}`),
      ]);
    case 'array':
      return fieldsOf(schema.items, `${path}[]`);
    default:
      return [];
  }
}

const UPDATE_SETTINGS = ['updateStrategy', 'forceUpdate', 'allowTags', 'ignoreTags', 'pullSecret', 'platforms'];

function updateSettings(at: string): readonly string[] {
  return ['', ...UPDATE_SETTINGS.map((name) => `.${name}`)].map((name) => `${at}.commonUpdateSettings${name}`);
}

function verification(at: string): readonly string[] {
  const names = ['', '.enabled', '.cosignKey', '.cosignKey.secretName', '.cosignKey.key'];
  return names.map((name) => `${at}.imagesVerification${name}`);
}

function writeBack(at: string): readonly string[] {
  const git = ['', '.repository', '.branch', '.writeBackTarget'];
  const pulls = ['', '.github', '.gitlab', '.labels'].map((name) => `.pullRequest${name}`);
  return ['', '.method', ...[...git, ...pulls].map((name) => `.gitConfig${name}`)].map(
    (name) => `${at}.writeBackConfig${name}`,
  );
}

test('the fields of reference part 1, 1.2, and no others', () => {
  const ref = 'spec.applicationRefs[]';
  const image = `${ref}.images[]`;
  const targets = ['helm.name', 'helm.tag', 'helm.spec', 'kustomize.name', 'plugin.name', 'plugin.tag', 'plugin.spec'];
  const blocks = ['', '.helm', '.kustomize', '.plugin', ...targets.map((name) => `.${name}`)];
  const selector = [
    '',
    '.matchLabels',
    '.matchExpressions',
    ...['key', 'operator', 'values'].map((name) => `.matchExpressions[].${name}`),
  ];
  expect([...fieldsOf(spec, 'spec')].sort()).toEqual(
    [
      'spec.applicationRefs',
      ...updateSettings('spec'),
      ...writeBack('spec'),
      ...verification('spec'),
      `${ref}.namePattern`,
      `${ref}.useAnnotations`,
      ...selector.map((name) => `${ref}.labelSelectors${name}`),
      ...updateSettings(ref),
      ...writeBack(ref),
      ...verification(ref),
      `${ref}.images`,
      `${image}.alias`,
      `${image}.imageName`,
      ...updateSettings(image),
      ...verification(image),
      ...blocks.map((name) => `${image}.manifestTargets${name}`),
    ].sort(),
  );
});

test('the fields of reference part 1, 1.3', () => {
  const fields = fieldsOf(status, 'status').filter((path) => !path.includes('[]'));
  expect(fields.map((path) => path.slice('status.'.length))).toEqual([
    'observedGeneration',
    'lastCheckedAt',
    'lastUpdatedAt',
    'applicationsMatched',
    'imagesManaged',
    'recentUpdates',
    'conditions',
  ]);
});

test('no default inside a block that is inherited field by field (reference part 1, 1.2)', () => {
  const blocks = ['commonUpdateSettings', 'writeBackConfig'];
  const withDefaults = (value: unknown, path: string): readonly string[] =>
    typeof value === 'object' && value !== null
      ? Object.entries(value).flatMap(([key, inner]) =>
          key === 'default' && typeof inner !== 'object' ? [path] : withDefaults(inner, `${path}.${key}`),
        )
      : [];
  const found = withDefaults(imageUpdaterCrd(), '');
  expect(found.filter((path) => blocks.some((block) => path.includes(block)))).toEqual([]);
  expect(new Set(found.map((path) => path.slice(path.lastIndexOf('.') + 1)))).toEqual(
    new Set(['useAnnotations', 'enabled']),
  );
});
