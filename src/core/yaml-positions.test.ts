import { expect, test } from 'vitest';
import type { FieldPath } from './field-path.ts';
import { yamlPositions } from './yaml-positions.ts';

const TEXT = `# two documents
a: 1
---
spec: &s
  refs:
  - name: x
    images: [{alias: web}, {alias: api}]
  -   name: "y"
again: *s
`;

for (const [document, path, expected] of [
  [0, ['a'], '2:1'],
  [1, [], '4:1'],
  [1, ['spec', 'refs'], '5:3'],
  [1, ['spec', 'refs', 0], '6:5'],
  [1, ['spec', 'refs', 0, 'images', 1, 'alias'], '7:29'],
  [1, ['spec', 'refs', 1, 'name'], '8:7'],
  [1, ['again', 'refs', 0, 'name'], '6:5'],
  [1, ['spec', 'refs', 1, 'images', 0], '8:7'],
  [1, ['spec', 'refs', 7], '5:3'],
  [1, ['nothing'], '4:1'],
  [9, ['a'], '1:1'],
] as readonly (readonly [number, FieldPath, string])[]) {
  test(`${JSON.stringify(path)} of document ${document} stands at ${expected}`, () => {
    const { line, column } = yamlPositions(TEXT)(document, path);
    expect(`${line}:${column}`).toBe(expected);
  });
}
