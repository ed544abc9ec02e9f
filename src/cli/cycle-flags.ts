import { type Command, Option } from 'commander';
import type { Setting, SettingCommand } from '../config/settings/setting.ts';
import { type Given, givenByCommand, givenByEnvironment } from '../config/settings/settings.ts';
import { CATALOGUE, SETTINGS } from '../config/settings/settings-catalogue.ts';
import type { CommandContext } from './cli-command.ts';
import { notEmpty, repeated } from './flags.ts';
import { addSettingFlags, givenByFlags } from './setting-flags.ts';
import type { CycleOptions } from './work.ts';

/** What commander collects from the flags that commands share and that are no settings. */
export type CycleFlags = {
  readonly filename?: readonly string[];
  readonly namespace?: string;
  readonly allNamespaces?: true;
  readonly selector?: string;
};

const INPUT_FLAG = '-f, --filename <path>';

/** Adds the input, files or a cluster, and the flags of all settings that the command takes. */
export function addCycleFlags(command: Command, name: SettingCommand): void {
  addInputFlag(command, "file, folder or - for standard input, as kubectl's; may be repeated; without it, the cluster");
  // What is wrong in files is found in all of them; and a part of the Applications makes selectors seem to match none.
  const isLint = name === 'lint';
  const namespace = new Option('-n, --namespace <name>', 'only this namespace; in a cluster, else that of the context');
  const everywhere = new Option('-A, --all-namespaces', 'all namespaces of the cluster').conflicts('namespace');
  const selector = new Option('-l, --selector <labels>', 'only Applications with such labels: a=b,c!=d,e in (f,g)');
  command.addOption(isLint ? namespace.conflicts('filename') : namespace);
  command.addOption(isLint ? everywhere.conflicts(['filename', 'namespace']) : everywhere);
  if (!isLint) command.addOption(selector);
  addSettingFlags(command, name);
}

/** The same for commands that need the text of what they work on. */
export function addFileFlags(command: Command, name: SettingCommand): void {
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
  const options = givenOptions(filenames ?? [], command, name, context);
  const given = [...namespaceFlags(flags), ...options.given];
  return { ...options, given, ...(filenames ? {} : { fromCluster: true }) };
}

/** kubectl's flags, which say what settings of upstream's say too. */
function namespaceFlags({ namespace, allNamespaces, selector }: CycleFlags): readonly Given[] {
  const { watchNamespaces, matchApplicationLabel } = CATALOGUE;
  return [
    ...(namespace === undefined ? [] : [byFlag(watchNamespaces, '--namespace', namespace)]),
    ...(allNamespaces ? [byFlag(watchNamespaces, '--all-namespaces', '*')] : []),
    ...(selector === undefined ? [] : [byFlag(matchApplicationLabel, '--selector', selector)]),
  ];
}

function byFlag(setting: Setting, flag: string, text: string): Given {
  return { setting, source: 'flag', name: flag, object: flag, text };
}

/** What the flags of `addFileFlags` and the environment say. */
export function fileOptions(
  { filename: filenames }: CycleFlags,
  command: Command,
  name: SettingCommand,
  context: CommandContext,
): CycleOptions {
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

/** What the flags of a command's settings and the environment say. */
export function givenOptions(
  filenames: readonly string[],
  command: Command,
  name: SettingCommand,
  context: CommandContext,
): CycleOptions {
  return {
    filenames,
    given: [
      ...givenByFlags(command, name),
      ...givenByEnvironment(SETTINGS, context.env),
      ...givenByCommand(SETTINGS, name),
    ],
    defaultStateDir: context.defaultStateDir,
  };
}
