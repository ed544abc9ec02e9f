import { cycleLog, problemLine } from '../core/cycle-log.ts';
import { formatLogLine, isLogged, type LogLine, type LogSettings } from '../core/log-line.ts';
import type { Desk } from './desk.ts';
import { complainOf, printPlan } from './print-report.ts';
import { renderCycleSummary, renderOutcomes } from './render/cycle.ts';
import { renderProblems } from './render/problems.ts';
import type { FinishedCycle, RunEvent } from './work.ts';

/** Tells what happens while Applications are looked at again and again: as a log, or to a person where there is none. */
export function tellRun(event: RunEvent, log: LogSettings | undefined, desk: Desk): void {
  // A terminal has a person before it, who has no use for fields.
  if (log === undefined || (log.format === 'text' && desk.toTerminal)) show(event, desk);
  else for (const line of linesOf(event)) write(line, log, desk);
}

/** Errors go to standard error, all else to standard output, as upstream's do. */
function write(line: LogLine, log: LogSettings, { printer }: Desk): void {
  if (!isLogged(line, log)) return;
  const text = formatLogLine(line, log.format, Date.now());
  if (line.level === 'error') printer.complain(text);
  else printer.print(text);
}

function linesOf(event: RunEvent): readonly LogLine[] {
  switch (event.kind) {
    case 'cycle':
      return cycleLog(event.report, event.dryRun, event.tookMs);
    case 'serving':
      return [{ level: 'info', message: `serving ${event.what}`, fields: { port: event.port } }];
    case 'leading': {
      const { isLeader, lease, identity } = event;
      return [{ level: 'info', message: isLeader ? 'became leader' : 'no longer leader', fields: { lease, identity } }];
    }
    case 'webhook':
      return [{ level: 'debug', message: 'webhook', fields: { type: event.type, outcome: event.outcome } }];
    case 'handoff': {
      const { kind: _, ...fields } = event;
      return [{ level: 'info', message: 'hand-off', fields }];
    }
    case 'problem':
      return [problemLine(event.level, event.problem)];
    default:
      return event satisfies never;
  }
}

/** A person is not told of every webhook. */
function show(event: RunEvent, desk: Desk): void {
  if (event.kind === 'serving') desk.printer.complain(`serving ${event.what} at port ${event.port}\n`);
  if (event.kind === 'leading') {
    desk.printer.complain(`${event.isLeader ? 'became leader' : 'no longer leader'}: ${event.lease}\n`);
  }
  if (event.kind === 'problem') desk.printer.complain(renderProblems(asProblems(event), desk.palettes.stderr));
  if (event.kind !== 'cycle') return;
  if (event.dryRun) printPlan(event.report, desk, renderCycleSummary(event));
  else printCycle(event, desk);
}

function asProblems({ level, problem }: Extract<RunEvent, { readonly kind: 'problem' }>) {
  return level === 'warn' ? { warnings: [problem], failures: [] } : { warnings: [], failures: [problem] };
}

function printCycle(cycle: FinishedCycle, desk: Desk): void {
  desk.printer.print(renderOutcomes(cycle.report, desk.palettes.stdout));
  complainOf(cycle.report, desk);
  desk.printer.print(renderCycleSummary(cycle));
}
