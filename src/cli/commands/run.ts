import { cycleLog, problemLine } from '../../core/cycle-log.ts';
import { formatLogLine, isLogged, type LogLine, type LogSettings } from '../../core/log-line.ts';
import type { CliCommand } from '../cli-command.ts';
import { addCycleFlags, type CycleFlags, cycleOptions } from '../cycle-flags.ts';
import type { Desk } from '../desk.ts';
import { EXIT, hasFailed } from '../exit-code.ts';
import { complainOf, printPlan } from '../print-report.ts';
import { renderCycleSummary, renderOutcomes } from '../render/cycle.ts';
import { renderProblems } from '../render/problems.ts';
import type { CycleOptions, FinishedCycle, RunEvent, Work } from '../work.ts';

export const run: CliCommand = {
  name: 'run',
  description: 'find newer versions, commit and push them, again and again',
  examples: [
    { command: 'tiphys run -f apps/', what: 'look every two minutes, commit and push what changed' },
    { command: 'tiphys run --once -f apps/', what: 'one cycle, for a CI job or a cron job' },
    { command: 'tiphys run --dry-run --interval 30s -f apps/', what: 'watch what would be done' },
  ],
  define(command, context) {
    addCycleFlags(command, 'run');
    command.action((flags: CycleFlags) => context.request(cycleOptions(flags, command, 'run', context), perform));
  },
};

async function perform(options: CycleOptions, desk: Desk, work: Work): Promise<number> {
  let failed = false;
  const happened = (event: RunEvent, log: LogSettings | undefined) => {
    if (event.kind === 'cycle') failed = hasFailed(event.report);
    // A terminal has a person before it, who has no use for fields.
    if (log === undefined || (log.format === 'text' && desk.toTerminal)) show(event, desk);
    else for (const line of linesOf(event)) write(line, log, desk);
  };
  const end = await work.run(options, happened, desk.printer.signal);
  return end === 'done' && failed ? EXIT.failed : EXIT.ok;
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
    case 'webhook':
      return [{ level: 'debug', message: 'webhook', fields: { type: event.type, outcome: event.outcome } }];
    case 'problem':
      return [problemLine(event.level, event.problem)];
    default:
      return event satisfies never;
  }
}

/** A person is not told of every webhook. */
function show(event: RunEvent, desk: Desk): void {
  if (event.kind === 'serving') desk.printer.complain(`serving ${event.what} at port ${event.port}\n`);
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
