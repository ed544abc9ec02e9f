import type { Command, Option } from 'commander';

/** What can stand behind a flag. */
export type ValueShape =
  | { readonly kind: 'none' }
  | { readonly kind: 'choice'; readonly values: readonly string[] }
  | { readonly kind: 'file' }
  | { readonly kind: 'folder' }
  | { readonly kind: 'text' };

export interface FlagShape {
  /** "-f"; undefined when there is only the long form. */
  readonly short: string | undefined;
  /** "--filename". */
  readonly long: string;
  readonly description: string;
  readonly value: ValueShape;
}

export interface CommandShape {
  readonly name: string;
  readonly description: string;
  readonly flags: readonly FlagShape[];
  /** Words that the arguments are chosen from, if they are. */
  readonly words: readonly string[];
}

/** What a shell has to know to complete: the program's own flags, and its commands. */
export interface ProgramShape {
  readonly name: string;
  readonly flags: readonly FlagShape[];
  readonly commands: readonly CommandShape[];
}

export function shapeOf(program: Command): ProgramShape {
  return { name: program.name(), flags: flagsOf(program), commands: program.commands.map(commandShape) };
}

/** "-f" and "--filename", those that there are. */
export function spellings({ short, long }: FlagShape): string[] {
  return short === undefined ? [long] : [short, long];
}

function commandShape(command: Command): CommandShape {
  const words = command.registeredArguments.flatMap(({ argChoices }) => argChoices ?? []);
  return { name: command.name(), description: command.description(), flags: flagsOf(command), words };
}

function flagsOf(command: Command): FlagShape[] {
  const flags = command.createHelp().visibleOptions(command);
  return flags.flatMap((option) => (option.long === undefined ? [] : [flagShape(option, option.long)]));
}

function flagShape(option: Option, long: string): FlagShape {
  return { short: option.short, long, description: option.description, value: valueShape(option) };
}

/** The placeholder in `--state-dir <folder>` tells what is to be completed. */
function valueShape({ flags, required, argChoices }: Option): ValueShape {
  if (!required) return { kind: 'none' };
  if (argChoices !== undefined) return { kind: 'choice', values: argChoices };
  if (/<(?:path|file)>$/.test(flags)) return { kind: 'file' };
  return { kind: flags.endsWith('<folder>') ? 'folder' : 'text' };
}
