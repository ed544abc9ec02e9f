import { Failure } from '../core/failure.ts';
import { shownRepoURL } from '../core/redact.ts';
import type { Checkout } from '../ports/checkout.ts';
import { checkoutLog } from './checkout-log.ts';
import type { Environment } from './environment.ts';
import { type ErrorContext, gitFailure, tellingLine } from './git-errors.ts';
import { type OwnGit, openOwnGit } from './own-git.ts';
import type { GitExit } from './processes.ts';
import { readPush } from './push-report.ts';
import { parseRemote } from './remote-url.ts';
import { refOf } from './repository.ts';

/**
 * The checkout that a folder is in.
 * @throws {Failure} CHECKOUT_UNUSABLE where there is none
 */
export async function openCheckout(cwd: string, env: Environment, signal: AbortSignal): Promise<Checkout> {
  await using stack = new AsyncDisposableStack();
  const at = stack.use(openOwnGit(cwd, env));
  const { code, stdout, stderr } = await at.run(['rev-parse', '--show-toplevel'], signal);
  if (code !== 0) throw noCheckout(cwd, tellingLine(stderr, []));
  const root = stdout.toString().replace(/\n$/, '');
  const git = stack.use(openOwnGit(root, env));
  const branch = await git.ask(['symbolic-ref', '--quiet', '--short', 'HEAD'], signal);
  const remote = (branch && (await git.ask(['config', `branch.${branch}.remote`], signal))) ?? 'origin';
  const url = await git.ask(['remote', 'get-url', '--push', '--', remote], signal);
  const owned = stack.move();
  return { ...checkoutOf({ git, env, root, branch, remote, url }), [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

interface Parts {
  readonly git: OwnGit;
  readonly env: Environment;
  readonly root: string;
  readonly branch: string | undefined;
  /** By name. */
  readonly remote: string;
  readonly url: string | undefined;
}

function checkoutOf({ git, env, root, branch, remote, url }: Parts): Omit<Checkout, typeof Symbol.asyncDispose> {
  const context = contextOf(url ?? root);
  const succeed = async (exit: Promise<GitExit>): Promise<string> => {
    const { code, stdout, stderr } = await exit;
    if (code !== 0) throw gitFailure(stderr, context);
    return stdout.toString();
  };
  const head = async (signal: AbortSignal) => (await succeed(git.run(['rev-parse', 'HEAD'], signal))).trim();
  const keepOn = async (commit: string, signal: AbortSignal) => {
    const { code, stderr } = await git.run(['reset', '--keep', '--quiet', commit], signal);
    if (code !== 0) throw inTheWay(root, tellingLine(stderr, context.secrets));
  };
  return {
    root,
    branch,
    repoURL: url === undefined ? undefined : shownRepoURL(url),
    head,
    dirty: async (paths, signal) => {
      const args = [
        'status',
        '--porcelain',
        '-z',
        '--no-renames',
        '--untracked-files=all',
        '--ignored',
        '--',
        ...paths,
      ];
      const output = await succeed(git.run(args, signal, LITERAL));
      return output.split('\0').flatMap((line) => (line === '' ? [] : [line.slice(3)]));
    },
    commit: async (paths, message, { name, email }, signal) => {
      const who = {
        GIT_AUTHOR_NAME: name,
        GIT_AUTHOR_EMAIL: email,
        GIT_COMMITTER_NAME: name,
        GIT_COMMITTER_EMAIL: email,
      };
      const args = ['commit', '--quiet', '--only', '--cleanup=whitespace', '--file=-', '--', ...paths];
      await succeed(git.run(args, signal, { input: message, env: { ...who, ...LITERAL.env } }));
      return await head(signal);
    },
    push: async (to, signal) => {
      const exit = await git.run(['push', '--porcelain', '--', remote, `HEAD:${refOf(to)}`], signal);
      const outcome = readPush(exit, { ...context, branch: to });
      if (outcome.kind === 'failed') throw outcome.failure;
      return outcome.kind === 'raced' ? { ...outcome, branch: to } : outcome;
    },
    catchUp: async (to, base, signal) => {
      await succeed(git.run(['fetch', '--quiet', '--no-tags', '--', remote, refOf(to)], signal));
      const commit = (await succeed(git.run(['rev-parse', 'FETCH_HEAD'], signal))).trim();
      const { code } = await git.run(['merge-base', '--is-ancestor', base, commit], signal);
      if (code !== 0) throw notPushed(context.url, to);
      await keepOn(commit, signal);
    },
    takeBack: keepOn,
    log: (of, signal) => checkoutLog(git, env, { remote, branch: of }, context, signal),
  };
}

// A path is a path, whatever characters are in it.
const LITERAL = { env: { GIT_LITERAL_PATHSPECS: '1' } };

function contextOf(url: string): ErrorContext {
  const remote = parseRemote(url);
  const password = remote.ok ? remote.value.password : undefined;
  return { url: shownRepoURL(url), secrets: password === undefined ? [] : [password] };
}

function noCheckout(cwd: string, why: string): Failure {
  return new Failure('CHECKOUT_UNUSABLE', `there is no checkout: ${why}`, {
    fix: 'run it in a checkout, or name a repository with --repo',
    object: cwd,
  });
}

function notPushed(url: string, branch: string): Failure {
  return new Failure('GIT_CONFLICT', `the checkout has commits that ${branch} of ${url} does not have`, {
    fix: 'push them first, or check out the branch itself; --repo needs no checkout',
  });
}

function inTheWay(root: string, why: string): Failure {
  return new Failure('GIT_CONFLICT', `others changed files that are edited here as well: ${why}`, {
    fix: 'commit these files, or leave the checkout as it was; --repo needs no checkout',
    object: root,
  });
}
