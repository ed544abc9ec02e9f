import { type Command, Option } from 'commander';
import type { SettingCommand } from '../config/settings/setting.ts';
import { givenByEnvironment } from '../config/settings/settings.ts';
import { SETTINGS } from '../config/settings/settings-catalogue.ts';
import type { CommandContext } from './cli-command.ts';
import { notEmpty, repeated } from './flags.ts';
import { addSettingFlags, givenByFlags } from './setting-flags.ts';
import type { CycleOptions } from './work.ts';

/** What commander collects from the flag that run, plan and explain share and that is no setting. */
export type CycleFlags = { readonly filename?: readonly string[] };

const INPUT_FLAG = '-f, --filename <path>';

/** Adds the input, and the flags of all settings that the command takes. */
export function addCycleFlags(command: Command, name: SettingCommand): void {
  // Not mandatory for commander, which would complain of it before it looks at flags that it does not know.
  addInputFlag(command, "file, folder or - for standard input, as kubectl's; required, may be repeated");
  addSettingFlags(command, name);
}

/** The same for commands that look at Git repositories, where the input may be left out. */
export function addRepositoryFlags(command: Command, objects: string): void {
  addInputFlag(command, `${objects}: file, folder or - for standard input; may be repeated`);
  addSettingFlags(command, 'git');
}

function addInputFlag(command: Command, description: string): void {
  command.addOption(new Option(INPUT_FLAG, description).argParser(repeated(notEmpty)));
}

/** What the flags and the environment say. Settings are not checked yet: the input may hold some too. */
export function cycleOptions(
  flags: CycleFlags,
  command: Command,
  name: SettingCommand,
  context: CommandContext,
): CycleOptions {
  const { filename: filenames } = flags;
  if (!filenames) return command.error(`error: required option '${INPUT_FLAG}' not specified`);
  return givenOptions(filenames, command, name, context);
}

/** What the flags of `addRepositoryFlags` and the environment say. */
export function repositoryOptions(
  { filename = [] }: CycleFlags,
  command: Command,
  context: CommandContext,
): CycleOptions {
  return givenOptions(filename, command, 'git', context);
}

function givenOptions(
  filenames: readonly string[],
  command: Command,
  name: SettingCommand,
  context: CommandContext,
): CycleOptions {
  return {
    filenames,
    given: [...givenByFlags(command, name), ...givenByEnvironment(SETTINGS, context.env)],
    defaultStateDir: context.defaultStateDir,
  };
}
