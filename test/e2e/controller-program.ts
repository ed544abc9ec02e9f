import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

const PROGRAM = join(import.meta.dirname, '../../dist/tiphys.js');

export interface ControllerProgram {
  /** What it has said, so far. */
  said(): string;
  /** @returns  its exit code; null when the signal has ended it */
  end(signal: 'SIGTERM' | 'SIGKILL'): Promise<number | null>;
  readonly ended: Promise<number | null>;
  /** Lets it stand still, or go on. */
  pause(signal: 'SIGSTOP' | 'SIGCONT'): void;
}

/**
 * `tiphys run` over the namespace argocd of a cluster, which looks once and then as it is asked, unless told otherwise;
 * ended with the test.
 * @param folder  of its home and state
 */
export function startController(folder: string, args: readonly string[]): ControllerProgram {
  const given = ['-n', 'argocd', '--state-dir', join(folder, 'state'), '--health-probe-bind-address', '0'];
  const env = { HOME: join(folder, 'home'), PATH: process.env['PATH'] ?? '' };
  const child = spawn(process.execPath, [PROGRAM, 'run', ...given, '--interval', '1h', ...args], {
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk) => {
      said += String(chunk);
    });
  }
  const ended = once(child, 'close').then(([code]) => code);
  const end: ControllerProgram['end'] = (signal) => {
    child.kill(signal);
    return ended;
  };
  onTestFinished(async () => void (await end('SIGKILL')));
  return { said: () => said, end, ended, pause: (signal) => void child.kill(signal) };
}
