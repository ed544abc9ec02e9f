import type { CycleReport } from '../core/report.ts';
import type { Desk } from './desk.ts';
import { renderPlan } from './render/plan.ts';
import { renderProblems } from './render/problems.ts';

/** Problems come after what went well and before the last line, which a person sees first. */
export function printPlan(report: CycleReport, desk: Desk, lastLine: string): void {
  const body = renderPlan(report, desk.palettes.stdout);
  desk.printer.print(body && `${body}\n`);
  complainOf(report, desk);
  desk.printer.print(lastLine);
}

/** Prints the report's warnings and failures, to standard error. */
export function complainOf(report: CycleReport, desk: Desk): void {
  desk.printer.complain(renderProblems(report, desk.palettes.stderr));
}
