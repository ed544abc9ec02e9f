import type { ImageTest, ImageTestReport } from '../../core/deciding/image-test.ts';
import { formatVersion } from '../../core/image-version.ts';
import type { Palette } from '../palette.ts';
import { printable } from '../printable.ts';
import { renderCandidates } from './candidates.ts';
import { API_VERSION, candidateFields, problemFields } from './documents.ts';

/** What was found and chosen for each image, and why, one block per image. */
export function renderImageTests(tests: readonly ImageTest[], palette: Palette): string {
  return tests.map((test) => renderTest(test, palette)).join('\n');
}

/** The same as scripts read it: every candidate, never grouped. New keys are added at the end. */
export function imageTestDocument({ tests, failures, warnings }: ImageTestReport): object {
  return {
    apiVersion: API_VERSION,
    kind: 'ImageTest',
    items: tests.map((test) => ({
      image: test.image,
      strategy: test.strategy,
      tags: test.found,
      chosen: test.decision.to ? formatVersion(test.decision.to) : null,
      reference: referenceOf(test),
      rule: test.decision.rule,
      reason: test.decision.reason,
      candidates: test.decision.candidates.map(candidateFields),
    })),
    failures: failures.map(problemFields),
    warnings: warnings.map(problemFields),
  };
}

function renderTest(test: ImageTest, palette: Palette): string {
  const { image, strategy, found, decision } = test;
  const reference = referenceOf(test);
  const lines = [
    palette.heading(printable(image)),
    `  strategy    ${printable(strategy)}`,
    `  tags        ${found} found`,
    `  chosen      ${reference === null ? palette.warning('nothing: no newer version was found') : palette.added(printable(reference))}`,
    `  why         ${printable(decision.reason)}`,
    ...(found === 0 ? [] : [`  candidates  ${decision.candidates.length}`]),
    ...renderCandidates(decision.candidates, palette).map((line) => `    ${line}`),
  ];
  return `${lines.join('\n')}\n`;
}

/** "ghcr.io/acme/web:1.2.0", as it can be pulled. */
function referenceOf({ image, decision }: ImageTest): string | null {
  return decision.to ? `${image}:${formatVersion(decision.to)}` : null;
}
