import { type Command, Option } from 'commander';
import { Failure } from '../core/failure.ts';
import type { Platform } from '../core/platform.ts';
import { closedSet, notEmpty, platforms, registriesConfFlag, repeated } from './flags.ts';
import type { CycleOptions } from './work.ts';

/** What commander collects from the flags that run, plan and explain share, after the parsers below. */
export type CycleFlags = {
  readonly filename: readonly string[];
  readonly argocdNamespace: string;
  readonly registriesConfPath?: string;
  readonly platforms: readonly Platform[];
  readonly writeBack?: 'git';
  readonly stateDir: string;
  readonly gitCommitUser: string;
  readonly gitCommitEmail: string;
  readonly gitCommitGrouping: 'branch' | 'application';
  readonly gitCommitMessagePath?: string;
};

/** Adds the flags that run, plan and explain share. Names and defaults that upstream has too are upstream's. */
export function addCycleFlags(command: Command, defaultStateDir: string): void {
  for (const flag of cycleFlags(defaultStateDir)) command.addOption(flag);
}

function cycleFlags(defaultStateDir: string): Option[] {
  return [
    new Option('-f, --filename <path>', "file, folder or - for standard input, as kubectl's; may be repeated")
      .argParser(repeated(notEmpty))
      .makeOptionMandatory(),
    new Option('--argocd-namespace <namespace>', "Argo CD's own namespace; part of the name of an override file")
      .default('argocd')
      .argParser(notEmpty),
    registriesConfFlag(),
    new Option(
      '--platforms <platforms>',
      'os/arch[/variant], separated by commas; for images that name none themselves',
    )
      .default([], 'any')
      .argParser(platforms),
    closedSet(new Option('--write-back <method>', 'for Applications without a write-back-method'), ['git']),
    new Option('--state-dir <folder>', 'where copies of Git repositories are kept')
      .default(defaultStateDir, '$XDG_STATE_HOME/tiphys')
      .argParser(notEmpty),
    new Option('--git-commit-user <name>', 'author of commits').default('argocd-image-updater').argParser(notEmpty),
    new Option('--git-commit-email <address>', "author's e-mail address")
      .default('noreply@argoproj.io')
      .argParser(notEmpty),
    closedSet(new Option('--git-commit-grouping <unit>', 'one commit for each of these').default('branch'), [
      'branch',
      'application',
    ]),
    new Option('--git-commit-message-path <file>', 'template of commit messages; comes with step 2').argParser(
      notEmpty,
    ),
  ];
}

/**
 * What these flags say.
 * @throws {Failure} SETTING_INVALID for what is read but not there yet
 */
export function cycleOptions(flags: CycleFlags): CycleOptions {
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
