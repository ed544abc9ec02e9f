import type { Command } from 'commander';
import { cliCommands } from './commands/index.ts';
import { commandTree } from './tree.ts';

/** The tree of all commands for those who describe it and never parse with it; nothing in it depends on the machine. */
export function describedTree(): Command {
  return commandTree({
    commands: cliCommands,
    version: '',
    defaultStateDir: '',
    env: {},
    helpWidth: 100,
    request: () => {},
  });
}
