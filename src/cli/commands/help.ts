import type { CliCommand } from '../cli-command.ts';
import { closedArgument } from '../flags.ts';

export const help: CliCommand = {
  name: 'help',
  description: 'show help for a command',
  examples: [{ command: 'tiphys help plan', what: 'the same as tiphys plan --help' }],
  define(command, { program }) {
    const names = program.commands.map((one) => one.name());
    command
      .addArgument(closedArgument('[COMMAND]', 'the command', names))
      .action((name: string | undefined) => (program.commands.find((one) => one.name() === name) ?? program).help());
  },
};
