import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { parseRegistriesConf } from '../src/config/registries/registries-conf.ts';
import { REGISTRY_KEYS } from '../src/config/registries/registry-fields.ts';
import { REGISTRY_KINDS } from '../src/core/registry-endpoint.ts';
import { fits } from './support/json-schema.ts';

const read = (path: string) => readFileSync(join(import.meta.dirname, '..', path), 'utf8');
const schema = JSON.parse(read('schemas/registries-conf.schema.json'));
const entry = schema.properties.registries.items;

test('the schema for editors knows the keys and kinds that the program reads', () => {
  expect(Object.keys(entry.properties).sort()).toEqual(REGISTRY_KEYS.toSorted());
  expect(entry.properties.kind.enum.toSorted()).toEqual(REGISTRY_KINDS.toSorted());
});

test('every example of the manual fits the schema and the program', () => {
  const pages = ['docs/registries.md', 'docs/configuration.md'].map(read).join('\n');
  const blocks = [...pages.matchAll(/^```yaml\n((?:registries:|- name:)[\s\S]*?)^```/gm)].map(([, text = '']) => text);
  const examples = blocks.map((text) => (text.startsWith('- ') ? `registries:\n${text}` : text));
  expect(examples.length).toBeGreaterThan(3);
  for (const example of examples) {
    expect(fits(schema, parse(example)), example).toBe(true);
    expect(parseRegistriesConf(example).ok, example).toBe(true);
  }
});

test('a slip is seen by the schema as well', () => {
  expect(fits(schema, { registries: [{ name: 'a', api_url: 'https://a', prefx: 'a' }] })).toBe(false);
  expect(fits(schema, { registries: [{ name: 'a', api_url: 'https://a', tagsortmode: 'newest' }] })).toBe(false);
});
