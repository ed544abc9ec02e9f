import { expect, test } from 'vitest';
import { type FieldPath, formatFieldPath } from './field-path.ts';

for (const [path, expected] of [
  [[], ''],
  [['spec'], 'spec'],
  [['spec', 'applicationRefs', 0, 'images', 1, 'alias'], 'spec.applicationRefs[0].images[1].alias'],
  [['metadata', 'annotations', 'a.io/b'], 'metadata.annotations["a.io/b"]'],
  [['spec', 'app kind'], 'spec["app kind"]'],
] as readonly (readonly [FieldPath, string])[]) {
  test(`${JSON.stringify(path)} is written ${expected}`, () => {
    expect(formatFieldPath(path)).toBe(expected);
  });
}
