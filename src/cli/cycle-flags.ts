import { type Command, Option } from 'commander';
import type { SettingCommand } from '../config/settings/setting.ts';
import { givenByEnvironment } from '../config/settings.ts';
import { SETTINGS } from '../config/settings-catalogue.ts';
import type { CommandContext } from './cli-command.ts';
import { notEmpty, repeated } from './flags.ts';
import { addSettingFlags, givenByFlags } from './setting-flags.ts';
import type { CycleOptions } from './work.ts';

/** What commander collects from the flag that run, plan and explain share and that is no setting. */
export type CycleFlags = { readonly filename: readonly string[] };

/** Adds the input, and the flags of all settings that the command takes. */
export function addCycleFlags(command: Command, name: SettingCommand): void {
  command.addOption(
    new Option('-f, --filename <path>', "file, folder or - for standard input, as kubectl's; may be repeated")
      .argParser(repeated(notEmpty))
      .makeOptionMandatory(),
  );
  addSettingFlags(command, name);
}

/** What the flags and the environment say. Settings are not checked yet: the input may hold some too. */
export function cycleOptions(
  flags: CycleFlags,
  command: Command,
  name: SettingCommand,
  context: CommandContext,
): CycleOptions {
  return {
    filenames: flags.filename,
    given: [...givenByFlags(command, name), ...givenByEnvironment(SETTINGS, context.env)],
    defaultStateDir: context.defaultStateDir,
  };
}
