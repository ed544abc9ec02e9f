import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { plain } from '../src/cli/palette.ts';
import { renderFindings } from '../src/cli/render/findings.ts';
import { lintFiles } from './support/lint-files.ts';

// Manifests as people write them. Those of ok/ are right; beside each of bad/ is what lint says about it. To see what a
// change does to all of them: UPDATE_CORPUS=1 npx vitest run test/lint-corpus.test.ts

const CORPUS = join(import.meta.dirname, 'corpus');
const right = readdirSync(join(CORPUS, 'ok')).sort();
const wrong = readdirSync(join(CORPUS, 'bad'))
  .filter((name) => !name.endsWith('.txt'))
  .sort();

test('the corpus is as large as it is meant to be', () => {
  expect(right.length).toBeGreaterThanOrEqual(60);
});

describe('what is right gives no alarm', () => {
  for (const name of right) {
    test(name, async () => {
      const report = await lintFiles([name], join(CORPUS, 'ok'));
      expect(renderFindings(report, plain)).toMatch(/^0 errors, 0 warnings/);
      expect(report.isIncomplete).toBe(false);
    });
  }
});

describe('what is wrong is told, with its place', () => {
  for (const name of wrong) {
    test(name, async () => {
      const findings = renderFindings(await lintFiles([name], join(CORPUS, 'bad')), plain);
      const beside = join(CORPUS, 'bad', name.replace(/\.\w+$/, '.txt'));
      if (process.env['UPDATE_CORPUS']) writeFileSync(beside, findings);
      expect(findings).toBe(readFileSync(beside, 'utf8'));
      expect(findings).not.toMatch(/^0 errors, 0 warnings/m);
    });
  }
});
