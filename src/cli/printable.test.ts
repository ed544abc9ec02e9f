import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { MIXED } from '../../test/support/sample-report.ts';
import type { CycleReport } from '../core/report.ts';
import { plain } from './palette.ts';
import { printable, printableBlock } from './printable.ts';
import { renderCycleSummary, renderOutcomes } from './render/cycle.ts';
import { renderDemoEvent } from './render/demo.ts';
import { planDocument, renderJson, renderYaml } from './render/documents.ts';
import { renderExplanation } from './render/explanation.ts';
import { renderPlan } from './render/plan.ts';
import { renderProblems } from './render/problems.ts';

// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what this is about
const TERMINAL_COMMAND = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/;

for (const [text, expected, why] of [
  ['1.2.0', '1.2.0', 'plain text stays'],
  ['Grüße ✓', 'Grüße ✓', 'letters of all languages stay'],
  ['a\u001b[2Jb', 'a\\x1b[2Jb', 'a terminal would clear its screen'],
  ['a\u009b2Jb', 'a\\x9b2Jb', 'C1 controls do the same'],
  ['ok\n0 failed', 'ok\\n0 failed', 'a line of its own could pass for ours'],
  ['a\rb', 'a\\rb', 'the line would be overwritten'],
  ['a\u202eb', 'a\\u202eb', 'text would be shown backwards'],
] as const) {
  test(`${JSON.stringify(text)} is printed as ${expected}: ${why}`, () => {
    expect(printable(text)).toBe(expected);
  });
}

test('a block keeps line ends and tabs only', () => {
  expect(printableBlock('a\n\tb\r\n')).toBe('a\n\tb\\r\n');
});

describe('control characters never reach a terminal', () => {
  const evil = fc.string({
    unit: fc.constantFrom('a', '\u001b', '[', '\u009b', '\r', '\n', '\u0007', '\u202e', '\u2028', '\u007f', '\ud800'),
  });

  test('whatever text from outside a report holds', async () => {
    await fc.assert(
      fc.asyncProperty(evil, async (text) => {
        const report = withText(MIXED, text);
        const printed = [
          renderPlan(report, plain),
          renderProblems(report, plain),
          renderExplanation(report.items, plain),
          renderOutcomes(report, plain),
          renderCycleSummary({ report, tookMs: 1 }),
          renderDemoEvent({ kind: 'cycle', report, tookMs: 1 }, plain),
          renderDemoEvent({ kind: 'tag', image: text, tag: text }, plain),
          renderJson(planDocument(report)),
          await renderYaml(planDocument(report)),
        ];
        for (const output of printed) {
          expect(output).not.toMatch(TERMINAL_COMMAND);
          expect(output.isWellFormed()).toBe(true);
        }
      }),
    );
  });
});

/** The report with `text` at every place that holds text from outside. */
function withText(report: CycleReport, text: string): CycleReport {
  const where = { repoURL: text, branch: text, path: text };
  const target = { ...where, writeBranch: text, credential: text };
  return {
    ...report,
    items: report.items.map((one) => ({
      ...one,
      application: text,
      alias: text,
      image: text,
      strategy: text,
      from: text,
      to: text,
      rule: text,
      reason: text,
      target: { kind: 'kustomization', ...target },
      statedIn: text,
      notes: [text],
      candidates: [{ tag: text, verdict: 'older', rule: 'older', reason: text }],
    })),
    files: [{ ...where, diff: text }],
    commits: [{ ...where, commit: text, message: text }],
    failures: report.failures.map((one) => ({ ...one, object: text, message: text, fix: text })),
    warnings: report.warnings.map((one) => ({ ...one, object: text, message: text, fix: text })),
  };
}
