import type { LogSettings } from '../../core/log-line.ts';
import type { CliCommand } from '../cli-command.ts';
import { addCycleFlags, type CycleFlags, cycleOptions } from '../cycle-flags.ts';
import type { Desk } from '../desk.ts';
import { EXIT, hasFailed } from '../exit-code.ts';
import { tellRun } from '../tell-run.ts';
import type { CycleOptions, RunEvent, Work } from '../work.ts';

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
    tellRun(event, log, desk);
  };
  const end = await work.run(options, happened, desk.printer.signal);
  return end === 'done' && failed ? EXIT.failed : EXIT.ok;
}
