import { CHECK_STEPS, type CheckStep, type RegistryCheck } from '../../core/registry-check.ts';
import type { Palette } from '../palette.ts';
import { printable } from '../printable.ts';

const STEP_WIDTH = Math.max(...CHECK_STEPS.map((step) => step.length));
const STATUS_WIDTH = 'skipped'.length;

/** A block for each registry or image, a line for each step, and below what failed what to do. */
export function renderRegistryChecks(checks: readonly RegistryCheck[], palette: Palette): string {
  return checks.map((check) => renderCheck(check, palette)).join('\n');
}

/** The same as scripts read it. Keys and their order are a contract; new ones are added at the end. */
export function registryChecksDocument(checks: readonly RegistryCheck[]): readonly object[] {
  return checks.map(({ registry, image, steps, mirrorOf }) => ({
    registry,
    image,
    steps: steps.map(({ step, status, detail, fix }) => ({ step, status, detail, fix })),
    mirrorOf,
  }));
}

function renderCheck({ registry, mirrorOf, image, steps }: RegistryCheck, palette: Palette): string {
  const place = mirrorOf === null ? registry : `${registry}, mirror of ${mirrorOf}`;
  const title = image === null ? place : `${image} (${place})`;
  return [palette.heading(printable(title)), ...steps.flatMap((step) => renderStep(step, palette)), ''].join('\n');
}

function renderStep({ step, status, detail, fix }: CheckStep, palette: Palette): readonly string[] {
  const paint = { ok: palette.added, failed: palette.error, skipped: palette.faint }[status];
  const line = `  ${paint(status.padEnd(STATUS_WIDTH))}  ${step.padEnd(STEP_WIDTH)}  ${printable(detail)}`;
  return fix === null ? [line] : [line, `${' '.repeat(STATUS_WIDTH + STEP_WIDTH + 6)}fix: ${printable(fix)}`];
}
