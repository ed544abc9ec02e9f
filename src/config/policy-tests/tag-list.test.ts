import { expect, test } from 'vitest';
import { readTagList } from './tag-list.ts';

const CREATED = { name: '1.0', createdNs: 1_767_323_045_000_000_000n };

for (const [what, text, tags] of [
  ['one a line', '1.0\n\n  v2 \r\nlatest', [{ name: '1.0' }, { name: 'v2' }, { name: 'latest' }]],
  ['nothing', '', []],
  ['a JSON array of names', '["1.0", "v2"]', [{ name: '1.0' }, { name: 'v2' }]],
  [
    'a JSON array of mappings',
    '[\n{"name": "1.0", "created": "2026-01-02T03:04:05Z"}, "v2"]',
    [CREATED, { name: 'v2' }],
  ],
  ['JSON Lines', '{"name": "1.0", "created": "2026-01-02T03:04:05Z"}\n{"name": "v2"}\n', [CREATED, { name: 'v2' }]],
  ['a list in YAML', '- 1.0\n- {name: 1.10}\n', [{ name: '1.0' }, { name: '1.10' }]],
  ["a registry's answer", '{"name": "acme/web", "tags": ["1.0", "v2"]}', [{ name: '1.0' }, { name: 'v2' }]],
  ['what skopeo prints', '{\n  "Repository": "acme/web",\n  "Tags": [\n    "1.0"\n  ]\n}\n', [{ name: '1.0' }]],
] as const) {
  test(`tags as ${what}`, () => {
    expect(readTagList('tags', text)).toEqual({ tags, failures: [] });
  });
}

for (const [what, text, object, message] of [
  ['a misspelt key', '[{"name": "1.0", "creatd": "x"}]', 'tags:1:18', '[0].creatd: there is no such key'],
  ['a tag without name', '{"tags": [{"created": "x"}]}', 'tags:1:11', 'tags[0].name: is missing'],
  ['broken JSON', '["1.0"', 'tags:1:7', 'cannot be read'],
] as const) {
  test(`${what} is a problem`, () => {
    expect(readTagList('tags', text).failures).toMatchObject([{ object, message: expect.stringContaining(message) }]);
  });
}
