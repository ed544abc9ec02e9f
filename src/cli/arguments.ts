import { type Command, CommanderError } from 'commander';
import { nearest } from '../core/nearest.ts';
import type { CliCommand } from './cli-command.ts';
import { normaliseArguments } from './normalise.ts';
import { helpRequest, misuse, type Request } from './request.ts';
import { defaultStateDir } from './state-dir.ts';
import { commandTree } from './tree.ts';
import { versionLine } from './version.ts';

/** A width at which a table of flags still reads well, whatever the terminal's. */
const WIDEST_HELP = 110;

/**
 * Reads the arguments behind the program's name.
 * @param context.commands those that may be asked for
 * @throws {Failure} SETTING_INVALID for what is understood but not supported yet
 */
export function parseArguments(
  argv: readonly string[],
  context: {
    readonly commands: readonly CliCommand[];
    readonly env: Readonly<Record<string, string | undefined>>;
    readonly version: string;
    readonly columns: number;
  },
): Request {
  let request: Request | undefined;
  let help = '';
  const program = commandTree({
    commands: context.commands,
    version: versionLine(context.version).trimEnd(),
    defaultStateDir: defaultStateDir(context.env),
    env: context.env,
    helpWidth: Math.min(context.columns, WIDEST_HELP),
    request: (made) => {
      request = made;
    },
  });
  let refusing: Command = program;
  const keepHelp = (text: string) => {
    help += text;
  };
  for (const command of [program, ...program.commands]) {
    command.configureOutput({ writeOut: keepHelp, writeErr: keepHelp, outputError: () => {} });
    command.exitOverride((error) => {
      refusing = command;
      throw error;
    });
  }
  try {
    program.parse(normaliseArguments(argv, program), { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return helpRequest(help);
    if (error.code === 'commander.help') return misuse('a command is missing', help);
    return misuse(complaint(error, refusing));
  }
  if (request === undefined) throw new Error('no command took the arguments');
  return request;
}

/** Commander's message as one line, with the nearest right spelling or where to read on. */
function complaint(error: CommanderError, command: Command): string {
  const message = error.message.replace(/^error: /, '').replaceAll('\n', ' ');
  if (error.code === 'commander.invalidArgument') return message;
  const where = command.parent === null ? 'tiphys --help' : `tiphys ${command.name()} --help`;
  return `${message} ${adviceOn(error, command) ?? `(see ${where})`}`;
}

// Commander tells the word that it did not know only inside its message.
function adviceOn(error: CommanderError, command: Command): string | undefined {
  const [, written = ''] = /unknown (?:option|command) '(.*)'$/s.exec(error.message) ?? [];
  const [word = ''] = written.split('=');
  const isFlag = error.code === 'commander.unknownOption';
  const own = flagNames(command);
  const below = command.commands.flatMap(flagNames);
  if (isFlag && own.includes(word)) return `(${word} takes no value)`;
  if (isFlag && below.includes(word)) return '(name a command)';
  const known = isFlag ? [...own, ...below] : command.commands.map((one) => one.name());
  // A single letter is one slip away from every other.
  const meant = word.length > 2 ? nearest(word, known) : undefined;
  return meant === undefined ? undefined : `(did you mean ${meant}?)`;
}

function flagNames(command: Command): string[] {
  const own = command.options.flatMap(({ long, short }) => [long, short]);
  return [...own, '--help', '-h'].filter((name) => name !== undefined);
}
