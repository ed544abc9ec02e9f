import { type GitSetting, userConfigEnvironment } from './environment.ts';
import { parseSettings } from './own-git.ts';
import type { GitProcesses } from './processes.ts';

const TIMEOUT_MS = 10_000;

/**
 * The `credential.*` settings of the user's and the system's git configuration, in their order. Everything else that
 * is configured there (hooks, signing, aliases, other URLs) stays out of Tiphys's commands.
 */
export async function userCredentialSettings(
  processes: GitProcesses,
  env: Readonly<Record<string, string | undefined>>,
): Promise<readonly GitSetting[]> {
  const args = ['config', '--null', '--get-regexp', '^credential\\.'];
  const command = { args, env: userConfigEnvironment(env), about: 'credential helpers', timeoutMs: TIMEOUT_MS };
  const { code, stdout } = await processes.run(command);
  if (code !== 0) return []; // 1: there are none; more: the file cannot be read, as git says when the user runs it
  return parseSettings(stdout);
}
