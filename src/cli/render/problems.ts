import type { Problem } from '../../core/failure.ts';
import type { Palette } from '../palette.ts';
import { printable } from '../printable.ts';

/** Warnings, then failures, each with what to do about it; "" when there are none. */
export function renderProblems(
  report: { readonly failures: readonly Problem[]; readonly warnings: readonly Problem[] },
  palette: Palette,
): string {
  const warnings = report.warnings.map((problem) => renderProblem(palette.warning('warning'), problem));
  const failures = report.failures.map((problem) => renderProblem(palette.error('error'), problem));
  return [...warnings, ...failures].join('');
}

function renderProblem(label: string, { code, object, message, fix }: Problem): string {
  return `${label}: ${printable(object)}: ${indented(message)} (${code})\n  fix: ${indented(fix)}\n`;
}

/** What git or a server said in several lines stays readable, and cannot pass for lines of ours. */
function indented(text: string): string {
  return text.trim().split('\n').map(printable).join('\n    ');
}
