import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';

/**
 * `$XDG_STATE_HOME/tiphys`, by default `~/.local/state/tiphys`.
 * @see XDG base directory specification 0.8: a path that is not absolute is to be ignored
 */
export function defaultStateDir(env: Readonly<Record<string, string | undefined>>): string {
  const stateHome = env['XDG_STATE_HOME'];
  const usable = stateHome !== undefined && isAbsolute(stateHome);
  return join(usable ? stateHome : join(env['HOME'] || homedir(), '.local', 'state'), 'tiphys');
}
