import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { load } from 'js-yaml';
import { expect, test } from 'vitest';
import { keyOf, SETTINGS } from '../src/config/annotations/annotation-keys.ts';
import { spec } from '../src/config/image-updater/definition.ts';
import { readImageUpdaters } from '../src/config/image-updater/read.ts';
import type { Schema } from '../src/config/image-updater/schema.ts';
import { isUntyped } from '../src/core/untyped.ts';

const read = (name: string) => readFileSync(resolve(import.meta.dirname, '../docs', name), 'utf8');
const page = read('compatibility.md');

/** What stands as code in the first column of the first table below a heading. */
function listedUnder(heading: string): readonly string[] {
  const section = page.split(`\n## ${heading}\n`)[1]?.split('\n## ')[0] ?? '';
  const [table = ''] = section.split('\n\n').filter((block) => block.startsWith('|'));
  return table
    .split('\n')
    .slice(2)
    .flatMap((row) => [...(row.split('|')[1] ?? '').matchAll(/`([^`]+)`/g)].map(([, code = '']) => code))
    .sort();
}

test('every annotation has its row', () => {
  const upstream = 'argocd-image-updater.argoproj.io/';
  const accepted = Object.values(SETTINGS).flatMap((setting) =>
    setting.scopes.map((scope) => keyOf(setting, scope === 'image' ? '<alias>' : undefined).replace(upstream, '')),
  );
  expect(listedUnder('Every annotation')).toEqual(accepted.sort());
});

/** Blocks that stand at several levels, or at one that needs no saying. */
const BLOCKS = ['commonUpdateSettings', 'writeBackConfig', 'imagesVerification', 'manifestTargets'];

/** Paths of all fields; those of blocks from the block on. */
function fieldsOf(schema: Schema, path: string): readonly string[] {
  if (schema.type === 'array') return fieldsOf(schema.items, `${path}[]`);
  if (schema.type !== 'object') return [];
  return Object.entries(schema.fields).flatMap(([key, field]) => {
    const here = BLOCKS.includes(key) || path === '' ? key : `${path}.${key}`;
    return [here, ...fieldsOf(field, here)];
  });
}

test('every field of an ImageUpdater has its row', () => {
  const accepted = [...new Set(fieldsOf(spec, '')), 'namespace'];
  expect(listedUnder('Every field of an ImageUpdater')).toEqual(accepted.sort());
});

test('the ImageUpdater that the documentation shows is right', () => {
  const [, text = ''] = /```yaml\n([^`]*kind: ImageUpdater[^`]*)```/.exec(read('configuration.md')) ?? [];
  const object: unknown = load(text);
  if (!isUntyped(object)) throw new Error('no example');
  const { updaters, failures } = readImageUpdaters([
    { namespace: 'argocd', name: 'shops', annotations: {}, spec: object['spec'] },
  ]);
  expect(failures).toEqual([]);
  expect(updaters[0]?.refs).toHaveLength(2);
});
