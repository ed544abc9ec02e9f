import { applyPatch } from 'diff';
import { describe, expect, test } from 'vitest';
import { unifiedDiff } from './unified-diff.ts';

test('a diff has git’s header, three lines of context and the missing final line end', () => {
  expect(unifiedDiff('a/x.yaml', 'a: 1\r\nb: 2\r\nc: 3', 'a: 1\r\nb: 9\r\nc: 3')).toBe(
    'diff --git a/a/x.yaml b/a/x.yaml\n--- a/a/x.yaml\n+++ b/a/x.yaml\n@@ -1,3 +1,3 @@\n' +
      ' a: 1\r\n-b: 2\r\n+b: 9\r\n c: 3\n\\ No newline at end of file\n',
  );
});

test('a new file comes from /dev/null', () => {
  expect(unifiedDiff('x', undefined, 'a: 1\n')).toBe(
    'diff --git a/x b/x\nnew file mode 100644\n--- /dev/null\n+++ b/x\n@@ -0,0 +1,1 @@\n+a: 1\n',
  );
});

test('equal texts have no diff', () => {
  expect(unifiedDiff('x', 'a\n', 'a\n')).toBe('');
});

describe('where very much has changed', () => {
  for (const end of ['\n', '', '\r\n']) {
    test(`the diff is quick, and still one that can be applied: last line ends in ${JSON.stringify(end)}`, () => {
      const text = (tag: string) => Array.from({ length: 3_000 }, (_, n) => `tag: ${tag}-${n}`).join('\n') + end;
      const diff = unifiedDiff('x', text('1'), text('2'));
      expect(diff).toContain('@@ -1,3000 +1,3000 @@\n-tag: 1-0\n');
      expect(applyPatch(text('1'), diff)).toBe(text('2'));
    });
  }
});
