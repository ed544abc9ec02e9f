import { type Command, InvalidArgumentError, Option } from 'commander';
import { isWritable } from '../../core/git-check.ts';
import type { CliCommand, CommandContext } from '../cli-command.ts';
import { addRepositoryFlags, type CycleFlags, repositoryOptions } from '../cycle-flags.ts';
import type { Desk } from '../desk.ts';
import { EXIT } from '../exit-code.ts';
import { closedArgument, notEmpty, objectName, outputFlag, repeated } from '../flags.ts';
import { renderJson } from '../render/documents.ts';
import { gitChecksDocument, renderGitChecks } from '../render/git-checks.ts';
import { renderProblems } from '../render/problems.ts';
import type { GitCheckOptions, Work } from '../work.ts';

const FORMATS = ['text', 'json'] as const;

interface Flags extends CycleFlags {
  readonly output: (typeof FORMATS)[number];
  readonly branch: string;
  readonly project: string;
  readonly secret?: string;
}

interface CheckOptions extends GitCheckOptions {
  readonly output: Flags['output'];
}

export const git: CliCommand = {
  name: 'git',
  description: 'check what a push to a Git repository would meet: rights, protected branches, signatures',
  examples: [
    { command: 'tiphys git check https://github.com/acme/deploy', what: 'with your own git’s credentials' },
    { command: 'tiphys git check -f secrets.yaml --branch prod URL', what: 'with those that Argo CD has' },
    {
      command: 'tiphys git check -f secrets.yaml -o json URL URL',
      what: 'several, for scripts; exit 1 if any is not open',
    },
  ],
  define(command, context) {
    command
      .addArgument(closedArgument('<check>', 'what to do', ['check']))
      .argument('<REPO...>', 'repoURLs, as Applications name them', repeated(notEmpty));
    addRepositoryFlags(command, 'Secrets and ConfigMaps');
    command
      .addOption(new Option('--branch <branch>', 'the branch that would be pushed').default('', 'the default branch'))
      .option('--project <name>', 'AppProject whose repository Secrets count', objectName, 'default')
      .option(
        '--secret <namespace/name>',
        'the Secret that write-back-method names (git:secret:namespace/name)',
        secretName,
      )
      .addOption(outputFlag(FORMATS))
      .action((_check: string, repoURLs: readonly string[], flags: Flags) => {
        context.request(checkOptions(repoURLs, flags, command, context), perform);
      });
  },
};

function checkOptions(
  repoURLs: readonly string[],
  flags: Flags,
  command: Command,
  context: CommandContext,
): CheckOptions {
  const { branch, project, secret, output } = flags;
  return { ...repositoryOptions(flags, command, context), repoURLs, branch, project, secret, output };
}

async function perform({ output, ...asked }: CheckOptions, { printer, palettes }: Desk, work: Work): Promise<number> {
  const { checks, failures, warnings } = await work.checkGit(asked, printer.signal);
  if (output === 'json') printer.print(renderJson(gitChecksDocument(checks)));
  else printer.print(renderGitChecks(checks, palettes.stdout));
  printer.complain(renderProblems({ failures, warnings }, palettes.stderr));
  if (failures.length > 0) return EXIT.failed;
  return checks.every(isWritable) ? EXIT.ok : EXIT.testFailed;
}

function secretName(text: string): string {
  const [namespace = '', name = '', ...more] = text.split('/');
  if (more.length > 0 || name === '') throw new InvalidArgumentError('It must be namespace/name.');
  return `${objectName(namespace)}/${objectName(name)}`;
}
