import type { CliCommand } from '../cli-command.ts';
import { addCycleFlags, type CycleFlags, cycleOptions } from '../cycle-flags.ts';
import type { Desk } from '../desk.ts';
import { EXIT, hasFailed } from '../exit-code.ts';
import { intervalFlag } from '../flags.ts';
import { complainOf, printPlan } from '../print-report.ts';
import { renderCycleSummary, renderOutcomes } from '../render/cycle.ts';
import type { FinishedCycle, RunOptions, Work } from '../work.ts';

type Flags = CycleFlags & { readonly interval: number; readonly once?: true; readonly dryRun?: true };

export const run: CliCommand = {
  name: 'run',
  description: 'find newer versions, commit and push them, again and again',
  examples: [
    { command: 'tiphys run -f apps/', what: 'look every two minutes, commit and push what changed' },
    { command: 'tiphys run --once -f apps/', what: 'one cycle, for a CI job or a cron job' },
    { command: 'tiphys run --dry-run --interval 30s -f apps/', what: 'watch what would be done' },
  ],
  define(command, { defaultStateDir, request }) {
    addCycleFlags(command, defaultStateDir);
    command
      .addOption(intervalFlag('2m'))
      .option('--once', 'one cycle; exit 0 when every Application was handled, 2 when any failed')
      .option('--dry-run', 'decide and show, change nothing')
      .action((flags: Flags) => request(optionsOf(flags), perform));
  },
};

function optionsOf(flags: Flags): RunOptions {
  const { interval: intervalMs, once = false, dryRun = false } = flags;
  return { ...cycleOptions(flags), intervalMs, once, dryRun };
}

async function perform(options: RunOptions, desk: Desk, work: Work): Promise<number> {
  let failed = false;
  const finished = (cycle: FinishedCycle) => {
    failed = hasFailed(cycle.report);
    if (options.dryRun) printPlan(cycle.report, desk, renderCycleSummary(cycle));
    else printCycle(cycle, desk);
  };
  await work.run(options, finished, desk.printer.signal);
  return options.once && failed ? EXIT.failed : EXIT.ok;
}

function printCycle(cycle: FinishedCycle, desk: Desk): void {
  desk.printer.print(renderOutcomes(cycle.report, desk.palettes.stdout));
  complainOf(cycle.report, desk);
  desk.printer.print(renderCycleSummary(cycle));
}
