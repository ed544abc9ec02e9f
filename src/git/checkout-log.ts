import type { LoggedCommit } from '../ports/git.ts';
import { type CommitRecord, LOG_FORMAT, parseLog } from './commit-log.ts';
import { configuration, type Environment, type GitSetting, NO_CONFIG_FILES } from './environment.ts';
import { type ErrorContext, gitFailure } from './git-errors.ts';
import { readsUserConfig, requireVersion } from './git-version.ts';
import { type OwnGit, parseSettings } from './own-git.ts';
import { makeFolderAside } from './private-files.ts';
import { refOf } from './repository.ts';
import { standInHome } from './stand-in-home.ts';

const MOST_COMMITS = 2_000;
/** How far back is looked, one after another; each question fetches only what the one before has not. */
const DEPTHS = [200, MOST_COMMITS];

/**
 * The commits that a checkout has; where it is shallow, those before them are fetched from the branch as well, without
 * their files and beside the checkout, which stays as shallow as it is. At most 2,000.
 * @param user  the variables of the user
 * @throws {Failure} GIT_MISSING, and what git's words mean
 */
export async function* checkoutLog(
  git: OwnGit,
  user: Environment,
  { remote, branch }: { readonly remote: string; readonly branch: string | undefined },
  context: ErrorContext,
  signal: AbortSignal,
): AsyncGenerator<LoggedCommit, void, undefined> {
  const read = new Set<string>();
  const unread = function* (commits: readonly CommitRecord[]) {
    for (const { parents: _, tree: __, ...commit } of commits) {
      if (!read.has(commit.commit)) yield commit;
      read.add(commit.commit);
    }
  };
  yield* unread(await readLog(git, 'HEAD', context, signal));
  const isShallow = (await git.ask(['rev-parse', '--is-shallow-repository'], signal)) === 'true';
  if (!isShallow || branch === undefined) return;
  await using folder = await makeFolderAside();
  const version = requireVersion((await git.run(['version'], signal)).stdout.toString());
  await using home = readsUserConfig(version) ? await standInHome(user) : undefined;
  const env = { ...home?.env, ...(await besideCheckout(git, folder.path, remote, context, signal)) };
  for (const depth of DEPTHS) {
    const args = ['fetch', '--quiet', '--no-tags', '--filter=tree:0', `--depth=${depth}`, '--', remote];
    const { code, stderr } = await git.run([...args, `+${refOf(branch)}:${LOG_REF}`], signal, { env });
    if (code !== 0) throw gitFailure(stderr, context);
    yield* unread(await readLog(git, LOG_REF, context, signal, env));
  }
}

const LOG_REF = 'refs/tiphys/log';

async function readLog(
  git: OwnGit,
  from: string,
  context: ErrorContext,
  signal: AbortSignal,
  env: Readonly<Record<string, string>> = {},
): Promise<readonly CommitRecord[]> {
  const args = ['log', ...LOG_FORMAT, `--max-count=${MOST_COMMITS}`, from, '--'];
  const { code, stdout, stderr } = await git.run(args, signal, { env });
  if (code !== 0) throw gitFailure(stderr, context);
  return parseLog(stdout);
}

// How the checkout reaches its remote: addresses, proxies, certificates, and what opens them.
const REACHING = /^(?:https?|credential|url|ssh|protocol)\.|^core\.(?:sshcommand|askpass|gitproxy)$/;

/** An empty repository elsewhere that reaches the remote as the checkout does; what opens it is in no file. */
async function besideCheckout(
  git: OwnGit,
  folder: string,
  remote: string,
  context: ErrorContext,
  signal: AbortSignal,
): Promise<Readonly<Record<string, string>>> {
  const format = (await git.ask(['rev-parse', '--show-object-format'], signal)) ?? 'sha1';
  const { stdout } = await git.run(['config', '--null', '--list'], signal);
  const ofRemote = [`remote.${remote}.url`, `remote.${remote}.proxy`, `remote.${remote}.uploadpack`];
  const settings = parseSettings(stdout).filter(([key]) => REACHING.test(key) || ofRemote.includes(key));
  const isolated: readonly GitSetting[] = [...settings, ['core.hooksPath', '/dev/null'], ['gc.auto', '0']];
  const env = {
    // Everything of the user's and the system's is among the settings; twice, a header would be sent twice.
    ...NO_CONFIG_FILES,
    GIT_NO_LAZY_FETCH: '1',
    ...configuration(isolated),
  };
  const made = await git.run(['init', '--quiet', '--bare', `--object-format=${format}`, '--', folder], signal, { env });
  if (made.code !== 0) throw gitFailure(made.stderr, context);
  return { ...env, GIT_DIR: folder };
}
