import { Argument, Command, Option } from 'commander';
import { Failure } from '../core/failure.ts';
import type { CycleOptions } from './commands.ts';
import { EXAMPLES } from './examples.ts';
import { type CycleFlags, closedSet, cycleFlags, intervalFlag, oneOf, portFlag } from './flags.ts';
import {
  EXPLAIN_FORMATS,
  type ExplainFormat,
  PLAN_FORMATS,
  type PlanFormat,
  type Request,
  SHELLS,
  type Shell,
} from './request.ts';

/** What the tree of commands needs from outside: where requests go, and defaults that depend on the machine. */
export interface TreeContext {
  /** What --version prints. */
  readonly version: string;
  readonly defaultStateDir: string;
  readonly helpWidth: number;
  request(request: Request): void;
}

type Flags<T> = CycleFlags & T;

/** All commands, flags and arguments. Parsing calls `context.request` once, or throws a CommanderError. */
export function commandTree(context: TreeContext): Command {
  const program = new Command('tiphys')
    .description('Carries new container images from a registry, through Git, to every environment.')
    .version(context.version, '-V, --version', 'print the version')
    .addOption(noColor())
    .helpOption('-h, --help', 'show help')
    .helpCommand(false)
    .showSuggestionAfterError(false)
    .configureHelp({ helpWidth: context.helpWidth })
    .exitOverride()
    .configureOutput({ writeErr: () => {}, writeOut: () => {} })
    .addHelpText('after', '\nFor one command: tiphys help COMMAND. To see it work: tiphys demo.');
  addRun(program, context);
  addPlan(program, context);
  addExplain(program, context);
  addDemo(program, context);
  addSmallCommands(program, context);
  for (const command of program.commands) command.addOption(noColor()).addHelpText('after', examplesOf(command));
  return program;
}

function addRun(program: Command, { defaultStateDir, request }: TreeContext): void {
  const command = program.command('run').description('find newer versions, commit and push them, again and again');
  for (const flag of cycleFlags(defaultStateDir)) command.addOption(flag);
  command
    .addOption(intervalFlag('2m'))
    .option('--once', 'one cycle; exit 0 when every Application was handled, 2 when any failed')
    .option('--dry-run', 'decide and show, change nothing')
    .action((flags: Flags<{ interval: number; once?: true; dryRun?: true }>) => {
      const { interval: intervalMs, once = false, dryRun = false } = flags;
      request({ kind: 'run', options: { ...cycleOptions(flags), intervalMs, once, dryRun } });
    });
}

function addPlan(program: Command, { defaultStateDir, request }: TreeContext): void {
  const command = program.command('plan').description('print what run would do, and change nothing');
  for (const flag of cycleFlags(defaultStateDir)) command.addOption(flag);
  command
    .addOption(outputFlag(PLAN_FORMATS))
    .option('--exit-code', 'exit 1 when there are changes')
    .action((flags: Flags<{ output: PlanFormat; exitCode?: true }>) => {
      const { output, exitCode = false } = flags;
      request({ kind: 'plan', options: cycleOptions(flags), output, exitCode });
    });
}

function addExplain(program: Command, { defaultStateDir, request }: TreeContext): void {
  const command = program
    .command('explain')
    .description('say why an image is, or is not, about to be updated')
    .argument('<APP>', 'name or namespace/name of an Application')
    .argument('[ALIAS]', 'one of its images');
  for (const flag of cycleFlags(defaultStateDir)) command.addOption(flag);
  command
    .addOption(outputFlag(EXPLAIN_FORMATS))
    .action((application: string, alias: string | undefined, flags: Flags<{ output: ExplainFormat }>) => {
      const options = cycleOptions(flags);
      request({ kind: 'explain', application, alias, options, output: flags.output });
    });
}

function addDemo(program: Command, { request }: TreeContext): void {
  program
    .command('demo')
    .description('show it all at work: a registry, a Git server and Tiphys in one process')
    .addOption(intervalFlag('2s'))
    .addOption(portFlag())
    .option('--once', 'one round, then exit')
    .action(({ interval: intervalMs, once, port }: { interval: number; once?: true; port: number }) => {
      request({ kind: 'demo', options: { intervalMs, once: once ?? false, port } });
    });
}

function addSmallCommands(program: Command, { request }: TreeContext): void {
  program
    .command('version')
    .description('print the version')
    .action(() => request({ kind: 'version' }));
  program
    .command('completion')
    .description('print a script that completes commands and flags')
    .addArgument(closedArgument('<SHELL>', 'the shell that shall complete', SHELLS))
    .action((shell: Shell) => request({ kind: 'completion', shell }));
  const names = [...program.commands.map((command) => command.name()), 'help'];
  program
    .command('help')
    .description('show help for a command')
    .addArgument(closedArgument('[COMMAND]', 'the command', names))
    .action((name: string | undefined) => (program.commands.find((one) => one.name() === name) ?? program).help());
}

/** @throws {Failure} SETTING_INVALID for what is read but not there yet */
function cycleOptions(flags: CycleFlags): CycleOptions {
  if (flags.gitCommitMessagePath !== undefined) {
    throw new Failure('SETTING_INVALID', 'templates of commit messages come with step 2', {
      object: '--git-commit-message-path',
      fix: "leave the flag out; until then the message is upstream's default text",
    });
  }
  return {
    filenames: flags.filename,
    argocdNamespace: flags.argocdNamespace,
    registriesConfPath: flags.registriesConfPath,
    platforms: flags.platforms,
    writeBack: flags.writeBack,
    stateDir: flags.stateDir,
    commit: { user: flags.gitCommitUser, email: flags.gitCommitEmail, grouping: flags.gitCommitGrouping },
  };
}

function outputFlag(formats: readonly string[]): Option {
  return closedSet(new Option('-o, --output <format>', 'what to print').default('text'), formats);
}

function closedArgument(name: string, description: string, values: readonly string[]): Argument {
  return new Argument(name, description).choices(values).argParser((text: string) => oneOf(text, values));
}

// Whether it is given is looked up before the arguments are parsed, because a complaint about them is coloured too.
function noColor(): Option {
  return new Option('--no-color', 'no colours, as with NO_COLOR set');
}

function examplesOf(command: Command): string {
  const lines = (EXAMPLES[command.name()] ?? []).map(({ command: line, what }) => `  # ${what}\n  $ ${line}`);
  return `\nExamples:\n${lines.join('\n')}`;
}
