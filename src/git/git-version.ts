import { Failure } from '../core/failure.ts';

// The first git that takes settings from GIT_CONFIG_COUNT (2.31) and leaves the user's configuration out by
// GIT_CONFIG_GLOBAL (2.32): by these no password is on a command line, and no setting of the machine changes what is
// done. Git's release notes, 2.31.0 and 2.32.0.
const OLDEST_GIT = [2, 32] as const;

/** The remedy for a git that is missing or too old. */
export const INSTALL_GIT = `install git ${OLDEST_GIT.join('.')} or newer, and put it on the PATH`;

/**
 * Asks for the version before the first use, and again after a bad answer: git may be installed meanwhile.
 * @param ask runs `git version`
 */
export function checkVersion(ask: () => Promise<string>): () => Promise<void> {
  let checked: Promise<void> | undefined;
  return async () => {
    checked ??= ask().then(requireVersion);
    try {
      await checked;
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
export function requireVersion(output: string): void {
  const [, major, minor] = /^git version (\d+)\.(\d+)/.exec(output) ?? [];
  const [oldestMajor, oldestMinor] = OLDEST_GIT;
  const isRecent = Number(major) > oldestMajor || (Number(major) === oldestMajor && Number(minor) >= oldestMinor);
  if (isRecent) return;
  const found = /^git version (\S{1,40})/.exec(output)?.[1];
  const what = found === undefined ? 'the program git on the PATH does not say its version' : `git ${found} is too old`;
  throw new Failure('GIT_MISSING', what, { fix: INSTALL_GIT });
}
