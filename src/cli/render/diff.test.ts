import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { LAB_ENV } from '../../../test/support/git-lab.ts';
import { REPO } from '../../../test/support/sample-report.ts';
import { unifiedDiff } from '../../core/unified-diff.ts';
import { coloured } from '../palette.ts';
import { renderDiff, renderPatch } from './diff.ts';

const FILES = [
  ['no final newline.yaml', 'a\nold', 'a\nnew'],
  ['carriage returns.yaml', 'a\r\nold\r\n', 'a\r\nnew\r\n'],
  ['colour.yaml', '# \u001b[31m\nold\n', '# \u001b[31m\nnew\n'],
  ['created.yaml', undefined, 'new\n'],
] as const;

test('git applies the patch and gives every byte as planned', () => {
  const folder = mkdtempSync(join(tmpdir(), 'tiphys-patch-'));
  try {
    for (const [path, before] of FILES) if (before !== undefined) writeFileSync(join(folder, path), before);
    const files = FILES.map(([path, before, after]) => {
      return { repoURL: REPO, branch: 'main', path, diff: unifiedDiff(path, before, after) };
    });
    const applied = spawnSync('git', ['apply', '-'], {
      cwd: folder,
      env: LAB_ENV,
      input: renderPatch(files),
      encoding: 'utf8',
    });
    expect(applied).toMatchObject({ status: 0, stderr: '' });
    for (const [path, , after] of FILES) expect(readFileSync(join(folder, path), 'utf8')).toBe(after);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('headers of a diff are told by their place, not by their look', () => {
  const diff = '--- a/x\n+++ b/x\n@@ -1,2 +1,1 @@\n--- removed text\n+++ added text\n same\n';
  expect(renderDiff(diff, coloured).replaceAll('\u001b', '^')).toMatchInlineSnapshot(`
    "^[1m--- a/x^[22m
    ^[1m+++ b/x^[22m
    ^[36m@@ -1,2 +1,1 @@^[39m
    ^[31m--- removed text^[39m
    ^[32m+++ added text^[39m
     same
    "
  `);
});
