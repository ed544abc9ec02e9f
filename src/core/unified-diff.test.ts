import { expect, test } from 'vitest';
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
