import { Failure } from '../core/failure.ts';

/** Of "2.39.5" the first two numbers. */
export type GitVersion = readonly [major: number, minor: number];

// Everything that is asked of git in every command is in 2.30, whose predecessors nobody tests any more.
const OLDEST_GIT: GitVersion = [2, 30];
/** The first that leaves the user's configuration out by GIT_CONFIG_GLOBAL. Release notes of 2.32.0. */
const LEAVES_CONFIG_OUT: GitVersion = [2, 32];
/** The first that signs with SSH keys (gpg.format). Release notes of 2.34.0. */
const SIGNS_BY_SSH: GitVersion = [2, 34];

/** The remedy for a git that is missing or too old. */
export const INSTALL_GIT = installGit(OLDEST_GIT);

/** Whether no variable keeps this git from reading `~/.gitconfig`. */
export function readsUserConfig(version: GitVersion): boolean {
  return !isAtLeast(version, LEAVES_CONFIG_OUT);
}

/**
 * Asks for the version before the first use, and again after a bad answer: git may be installed meanwhile.
 * @param ask runs `git version`
 * @param signsBySsh whether commits are to be signed with an SSH key
 */
export function checkVersion(ask: () => Promise<string>, signsBySsh: boolean): () => Promise<GitVersion> {
  let checked: Promise<GitVersion> | undefined;
  return async () => {
    checked ??= ask().then((output) => requireVersion(output, signsBySsh));
    try {
      return await checked;
    } catch (error) {
      checked = undefined;
      throw error;
    }
  };
}

/**
 * @param output what `git version` prints: "git version 2.39.5 (Apple Git-154)"
 * @throws {Failure} GIT_MISSING for one that is too old, or no git at all
 */
export function requireVersion(output: string, signsBySsh = false): GitVersion {
  const [, major, minor] = /^git version (\d+)\.(\d+)/.exec(output) ?? [];
  const version: GitVersion = [Number(major), Number(minor)];
  const found = /^git version (\S{1,40})/.exec(output)?.[1];
  if (!isAtLeast(version, OLDEST_GIT)) {
    throw unfit(found ? `git ${found} is too old` : 'the program git on the PATH does not say its version', OLDEST_GIT);
  }
  if (signsBySsh && !isAtLeast(version, SIGNS_BY_SSH)) {
    throw unfit(`git ${found} is too old to sign commits with an SSH key`, SIGNS_BY_SSH);
  }
  return version;
}

function isAtLeast([major, minor]: GitVersion, [leastMajor, leastMinor]: GitVersion): boolean {
  return major > leastMajor || (major === leastMajor && minor >= leastMinor);
}

function unfit(what: string, least: GitVersion): Failure {
  return new Failure('GIT_MISSING', what, { fix: installGit(least) });
}

function installGit(least: GitVersion): string {
  return `install git ${least.join('.')} or newer, and put it on the PATH`;
}
