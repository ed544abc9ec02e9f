import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

const PROGRAM = join(import.meta.dirname, '../../dist/tiphys.js');

export interface ControllerProcess {
  /** What it has said, so far. */
  said(): string;
  /** @returns  its exit code; null when the signal has ended it */
  end(signal: 'SIGTERM' | 'SIGKILL'): Promise<number | null>;
  readonly ended: Promise<number | null>;
  /** Lets it stand still, or go on. */
  pause(signal: 'SIGSTOP' | 'SIGCONT'): void;
}

interface Place {
  /** Of its home and state. */
  readonly folder: string;
  /** Seen beside its home and the way to its programs. */
  readonly env?: Readonly<Record<string, string>>;
  /** `run` when absent. */
  readonly command?: 'run' | 'webhook' | 'serve';
}

/** Tiphys over the namespace argocd of a cluster; `run` looks once and then as it is asked, unless told otherwise. */
export function spawnController(
  { folder, env = {}, command = 'run' }: Place,
  args: readonly string[],
): ControllerProcess {
  const given = ['-n', 'argocd', '--state-dir', join(folder, 'state'), '--health-probe-bind-address', '0'];
  const child = spawn(
    process.execPath,
    [PROGRAM, command, ...given, ...(command === 'run' ? ['--interval', '1h'] : []), ...args],
    {
      env: { HOME: join(folder, 'home'), PATH: process.env['PATH'] ?? '', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  let said = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk) => {
      said += String(chunk);
    });
  }
  const ended = once(child, 'close').then(([code]) => code);
  return {
    said: () => said,
    end(signal) {
      child.kill(signal);
      return ended;
    },
    ended,
    pause: (signal) => void child.kill(signal),
  };
}
