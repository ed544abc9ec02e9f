import { Command, Help, Option } from 'commander';
import type { CliCommand, CommandContext } from './cli-command.ts';
import { type Request, requestOf } from './request.ts';

/** What the tree of commands needs from outside: where requests go, and defaults that depend on the machine. */
interface TreeContext extends Pick<CommandContext, 'defaultStateDir' | 'env'> {
  /** Those that are in it. */
  readonly commands: readonly CliCommand[];
  /** What --version prints. */
  readonly version: string;
  readonly helpWidth: number;
  request(request: Request): void;
}

// Long flags leave little of 80 columns, and text that is not wrapped is harder to read than a narrow column.
const NARROWEST_COLUMN = 30;

/** The commands with their flags and arguments. Parsing calls `context.request` once, or throws a CommanderError. */
export function commandTree(context: TreeContext): Command {
  const program = new Command('tiphys')
    .description('Carries new container images from a registry, through Git, to every environment.')
    .version(context.version, '-V, --version', 'print the version')
    .addOption(noColor())
    .helpOption('-h, --help', 'show help')
    .helpCommand(false)
    .showSuggestionAfterError(false)
    .configureHelp({ helpWidth: context.helpWidth, minWidthToWrap: NARROWEST_COLUMN })
    .exitOverride()
    .configureOutput({ writeErr: () => {}, writeOut: () => {} })
    .addHelpText('after', '\nFor one command: tiphys help COMMAND. To see it work: tiphys demo.');
  // All are there before the first one is defined, because some speak of the others.
  const added = context.commands.map((one) => ({
    one,
    command: program.command(one.name).description(one.description),
  }));
  for (const { one, command } of added) {
    one.define(command, {
      program,
      defaultStateDir: context.defaultStateDir,
      env: context.env,
      request: (options, perform) => context.request(requestOf(one.name, options, perform)),
    });
    command.addOption(noColor()).addHelpText('after', detailsText(one, context.helpWidth) + exampleText(one));
  }
  return program;
}

// Whether it is given is looked up before the arguments are parsed, because a complaint about them is coloured too.
function noColor(): Option {
  return new Option('--no-color', 'no colours, as with NO_COLOR set');
}

function detailsText({ details = [] }: CliCommand, width: number): string {
  const help = new Help();
  return details.map((paragraph) => `\n${help.boxWrap(paragraph, width)}\n`).join('');
}

function exampleText({ examples }: CliCommand): string {
  const lines = examples.map(({ command, what }) => `  # ${what}\n  $ ${command}`);
  return `\nExamples:\n${lines.join('\n')}`;
}
