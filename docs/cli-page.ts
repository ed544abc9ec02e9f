import type { Argument, Command, Option } from 'commander';
import type { CliCommand } from '../src/cli/cli-command.ts';
import { cliCommands } from '../src/cli/commands/index.ts';
import { UNUSED_HEADING } from '../src/cli/setting-flags.ts';

const INTRODUCTION = `<!-- Written by \`node docs/check.ts --write\` from the program itself; edits here are lost. -->

# The command line

Data is printed to standard output, errors and warnings to standard error. On a terminal there are colours, unless
\`--no-color\` or \`NO_COLOR\` says otherwise; \`FORCE_COLOR=1\` asks for them in a pipe. Control characters in tags,
messages and files never reach a terminal.

| Exit code | Meaning |
| --- | --- |
| 0 | all went well |
| 1 | \`plan --exit-code\`: there are changes; \`set-image --check\`, \`diff\`: something differs; \`--fail-if-superseded\`: a newer build has set it; \`lint\`: there are errors; \`test\`: an image failed; \`test-policy\`: a test failed; \`credentials --max-age\`: a Secret is older; \`registry check\`: a step failed; \`git check\`: a push would not be let in; \`wait\`: an Application failed or is degraded; \`handoff\`: it was refused or failed |
| 2 | something failed, or the arguments mean nothing; see [errors](errors.md) |
| 3 | \`wait\`, \`handoff --wait\`: time is over |

What the annotations and \`registries.conf\` take is in [configuration](configuration.md); the variables and keys that
set the same as flags are in [settings](settings.md).
`;

/** docs/cli.md: every command with its arguments, flags, defaults and examples. */
export function cliPage(program: Command): string {
  return [INTRODUCTION, ...program.commands.map(section)].join('\n');
}

function section(command: Command): string {
  const name = `${command.parent?.name()} ${command.name()}`;
  const usage = [name, ...command.registeredArguments.map(argumentText), '[flags]'].join(' ');
  const options = command.createHelp().visibleOptions(command);
  const blocks = [
    `## ${name}`,
    `${sentence(command.description())}`,
    ...(cliCommandOf(command)?.details ?? []).map((paragraph) => paragraph.replaceAll('*', '\\*')),
    fenced([usage]),
    ...table('Argument', command.registeredArguments.map(argumentRow)),
    ...table('Flag', options.filter((option) => !isUnused(option)).map(flagRow)),
    ...unusedFlags(options.filter(isUnused)),
    fenced((cliCommandOf(command)?.examples ?? []).flatMap((example) => [`# ${example.what}`, `$ ${example.command}`])),
  ];
  return `${blocks.join('\n\n')}\n`;
}

function cliCommandOf(command: Command): CliCommand | undefined {
  return cliCommands.find(({ name }) => name === command.name());
}

function isUnused({ helpGroupHeading }: Option): boolean {
  return helpGroupHeading === UNUSED_HEADING;
}

function unusedFlags(options: readonly Option[]): string[] {
  if (options.length === 0) return [];
  return [`Accepted, [not used yet](settings.md): ${options.map(({ long = '' }) => code(long)).join(', ')}.`];
}

function argumentText(argument: Argument): string {
  const name = `${argument.name()}${argument.variadic ? '...' : ''}`;
  return argument.required ? `<${name}>` : `[${name}]`;
}

function argumentRow(argument: Argument): string[] {
  return [code(argument.name()), meaning(argument), argument.required ? 'required' : ''];
}

function flagRow(option: Option): string[] {
  return [code(option.flags), meaning(option), option.mandatory ? 'required' : defaultText(option)];
}

function meaning({ description, argChoices }: Argument | Option): string {
  return argChoices === undefined ? description : `${description}: ${argChoices.map(code).join(', ')}`;
}

function defaultText({ defaultValue, defaultValueDescription, negate }: Option): string {
  if (defaultValueDescription !== undefined) return defaultValueDescription;
  return defaultValue === undefined || negate ? '' : code(String(defaultValue));
}

function table(what: string, rows: readonly (readonly string[])[]): string[] {
  if (rows.length === 0) return [];
  const lines = rows.map((row) => `| ${row.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`);
  return [[`| ${what} | Meaning | Default |`, '| --- | --- | --- |', ...lines].join('\n')];
}

function fenced(lines: readonly string[]): string {
  return ['```console', ...lines, '```'].join('\n');
}

function code(text: string): string {
  return `\`${text}\``;
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}
