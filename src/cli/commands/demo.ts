import { InvalidArgumentError, Option } from 'commander';
import type { CliCommand } from '../cli-command.ts';
import type { Desk } from '../desk.ts';
import { EXIT, hasFailed } from '../exit-code.ts';
import { intervalFlag } from '../flags.ts';
import { complainOf } from '../print-report.ts';
import { renderDemoEvent } from '../render/demo.ts';
import type { DemoEvent, DemoOptions, Work } from '../work.ts';

const HIGHEST_PORT = 65_535;

interface Flags {
  readonly interval: number;
  readonly once?: true;
  readonly port: number;
}

export const demo: CliCommand = {
  name: 'demo',
  description: 'show it all at work: a registry, a Git server and Tiphys in one process',
  examples: [
    { command: 'tiphys demo', what: 'until Ctrl-C' },
    { command: 'tiphys demo --once', what: 'one round, then exit' },
  ],
  define(command, { request }) {
    command
      .addOption(intervalFlag('2s'))
      .addOption(new Option('--port <port>', "the registry's port").default(0, 'any that is free').argParser(port))
      .option('--once', 'one round, then exit')
      .action((flags: Flags) => request(optionsOf(flags), perform));
  },
};

function optionsOf(flags: Flags): DemoOptions {
  const { interval: intervalMs, once = false, port } = flags;
  return { intervalMs, once, port };
}

async function perform(options: DemoOptions, desk: Desk, work: Work): Promise<number> {
  let failed = false;
  const happened = (event: DemoEvent) => {
    desk.printer.print(renderDemoEvent(event, desk.palettes.stdout));
    if (event.kind !== 'cycle') return;
    complainOf(event.report, desk);
    failed ||= hasFailed(event.report);
  };
  await work.demo(options, happened, desk.printer.signal);
  return options.once && failed ? EXIT.failed : EXIT.ok;
}

function port(text: string): number {
  const number = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN;
  if (number <= HIGHEST_PORT) return number;
  throw new InvalidArgumentError(`It must be a number from 0 to ${HIGHEST_PORT}.`);
}
