import type { CliCommand } from '../cli-command.ts';
import type { Desk } from '../desk.ts';
import { EXIT } from '../exit-code.ts';
import { versionLine } from '../version.ts';

export const version: CliCommand = {
  name: 'version',
  description: 'print the version',
  examples: [
    { command: 'tiphys version', what: 'also tiphys --version' },
    { command: 'tiphys version --short', what: 'for scripts' },
  ],
  define(command, { request }) {
    command
      .option('--short', 'nothing but the version')
      .action(({ short = false }: { readonly short?: boolean }) => request({ short }, perform));
  },
};

async function perform({ short }: { readonly short: boolean }, desk: Desk): Promise<number> {
  desk.printer.print(short ? `v${desk.version}\n` : versionLine(desk.version));
  return EXIT.ok;
}
