import type { CliCommand } from '../cli-command.ts';
import type { Desk } from '../desk.ts';
import { EXIT } from '../exit-code.ts';
import { versionLine } from '../version.ts';

export const version: CliCommand = {
  name: 'version',
  description: 'print the version',
  examples: [{ command: 'tiphys version', what: 'also tiphys --version' }],
  define(command, { request }) {
    command.action(() => request({}, perform));
  },
};

async function perform(_options: object, desk: Desk): Promise<number> {
  desk.printer.print(versionLine(desk.version));
  return EXIT.ok;
}
