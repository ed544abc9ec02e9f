import type { CliCommand } from '../cli-command.ts';
import { addCycleFlags, type CycleFlags, cycleOptions } from '../cycle-flags.ts';
import type { Desk } from '../desk.ts';
import { EXIT, hasFailed } from '../exit-code.ts';
import { complainOf, printPlan } from '../print-report.ts';
import { renderCycleSummary, renderOutcomes } from '../render/cycle.ts';
import type { CycleOptions, FinishedCycle, RunCycle, Work } from '../work.ts';

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
  const finished = (cycle: RunCycle) => {
    failed = hasFailed(cycle.report);
    if (cycle.dryRun) printPlan(cycle.report, desk, renderCycleSummary(cycle));
    else printCycle(cycle, desk);
  };
  const end = await work.run(options, finished, desk.printer.signal);
  return end === 'done' && failed ? EXIT.failed : EXIT.ok;
}

function printCycle(cycle: FinishedCycle, desk: Desk): void {
  desk.printer.print(renderOutcomes(cycle.report, desk.palettes.stdout));
  complainOf(cycle.report, desk);
  desk.printer.print(renderCycleSummary(cycle));
}
