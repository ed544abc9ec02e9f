import { type Command, InvalidArgumentError, Option } from 'commander';
import type { Author } from '../core/commits/commit-author.ts';
import { FORGE_KINDS, type ForgeKind } from '../core/pull-requests/pull-request.ts';
import type { CommandContext } from './cli-command.ts';
import { givenOptions } from './cycle-flags.ts';
import { closedSet, notEmpty, orderNumber, repeated } from './flags.ts';
import { addSettingFlags } from './setting-flags.ts';
import type { SetImageInGit } from './work.ts';

/** What commander collects from the flags of `addGitFlags`. */
export interface GitFlags {
  readonly repo?: string;
  readonly branch?: string;
  readonly commit?: true;
  readonly push?: true;
  readonly message?: string;
  readonly author?: Author;
  readonly skipCi?: boolean;
  readonly order?: number;
  readonly force?: true;
  readonly pullRequest?: true;
  readonly forge?: ForgeKind | 'auto';
  readonly label?: readonly string[];
  readonly reviewer?: readonly string[];
  readonly assignee?: readonly string[];
  readonly draft?: true;
}

/** Adds the flags by which images are set in Git. */
export function addGitFlags(command: Command): void {
  command
    .addOption(new Option('--repo <url>', 'a Git repository; no clone is needed').argParser(notEmpty))
    .addOption(
      new Option('--branch <branch>', 'the branch that is pushed (default: with --repo the default branch)').argParser(
        notEmpty,
      ),
    )
    .addOption(new Option('--commit', 'commit the edited files of this checkout').conflicts('repo'))
    .addOption(new Option('--push', 'push the commit; works on a detached HEAD as well').conflicts('repo'))
    .addOption(new Option('-m, --message <text>', 'of the commit; trailers are added').argParser(notEmpty))
    .addOption(
      new Option('--author <author>', "'Name <address>' (default: the CI's variables, else git's own)").argParser(
        author,
      ),
    )
    .option('--skip-ci', 'let the commit start no pipeline (default: where this pipeline would start itself)')
    .option('--no-skip-ci', 'let it start one all the same')
    .addOption(
      new Option('--order <number>', "of this build (default: the CI's, else its commit's time)").argParser(
        orderNumber,
      ),
    )
    .option('--force', 'overwrite what a newer build has set')
    .addOption(
      new Option('--pull-request', 'propose it instead of pushing to the branch').conflicts(['commit', 'push']),
    )
    .addOption(
      closedSet(new Option('--forge <kind>', 'that takes the request (default: auto)'), ['auto', ...FORGE_KINDS]),
    )
    .addOption(new Option('--label <name>', 'of the request; may be repeated').argParser(repeated(notEmpty)))
    .addOption(new Option('--reviewer <user>', 'of the request; may be repeated').argParser(repeated(notEmpty)))
    .addOption(new Option('--assignee <user>', 'of the request; may be repeated').argParser(repeated(notEmpty)))
    .option('--draft', 'open the request as a draft');
  addSettingFlags(command, 'set-image');
}

// What means nothing without a commit, or without a pull request.
const OF_COMMITS = ['branch', 'message', 'author', 'skipCi', 'order', 'force', 'pullRequest'] as const;
const OF_REQUESTS = ['forge', 'label', 'reviewer', 'assignee', 'draft'] as const;

/** What the flags ask for; undefined where files are only edited. */
export function gitOptions(flags: GitFlags, command: Command, context: CommandContext): SetImageInGit | undefined {
  const { repo, branch = '', commit, push, pullRequest } = flags;
  if (push && !commit) command.error('error: --push needs --commit');
  refuseWithout(repo !== undefined || commit, 'needs --repo <url> or --commit', OF_COMMITS, flags, command);
  refuseWithout(repo !== undefined, 'needs --repo <url>', ['pullRequest'], flags, command);
  refuseWithout(pullRequest, 'needs --pull-request', OF_REQUESTS, flags, command);
  if (repo === undefined && !commit) return undefined;
  const { message, author, skipCi, order, force = false, forge = 'auto', draft = false } = flags;
  const { label: labels = [], reviewer: reviewers = [], assignee: assignees = [] } = flags;
  return {
    where:
      repo === undefined
        ? { kind: 'checkout', branch, pushes: push ?? false }
        : { kind: 'repository', repoURL: repo, branch },
    message,
    author,
    skipCi: pullRequest ? false : (skipCi ?? 'auto'),
    order,
    force,
    pullRequest: pullRequest && { forge, labels, reviewers, assignees, draft },
    ...givenOptions([], command, 'set-image', context),
  };
}

function refuseWithout(
  isThere: boolean | undefined,
  need: string,
  names: readonly (keyof GitFlags)[],
  flags: GitFlags,
  command: Command,
): void {
  const name = isThere ? undefined : names.find((one) => flags[one] !== undefined);
  const option = command.options.find((one) => one.attributeName() === name);
  if (option) command.error(`error: ${option.long} ${need}`);
}

function author(text: string): Author {
  const [, name, email] = /^\s*([^<>\n]*[^<>\s])\s*<([^<>\s]+)>\s*$/.exec(text) ?? [];
  if (name !== undefined && email !== undefined) return { name: name.trim(), email };
  throw new InvalidArgumentError("It must be 'Name <address>'.");
}
