import { expect, test } from 'vitest';
import { formatJsonPointer } from './json-pointer.ts';

for (const [path, expected] of [
  [[], ''],
  [['spec', 'sources', 1, 'helm', '-'], '/spec/sources/1/helm/-'],
  [['metadata', 'annotations', 'a.io/b~c'], '/metadata/annotations/a.io~1b~0c'],
] as const) {
  test(`${JSON.stringify(path)} is "${expected}"`, () => expect(formatJsonPointer(path)).toBe(expected));
}
