import { onTestFinished } from 'vitest';
import { type ControllerProcess, spawnController } from '../support/controller-process.ts';

/** As `spawnController`; ended with the test. */
export function startController(
  folder: string,
  args: readonly string[],
  env?: Readonly<Record<string, string>>,
  command: 'run' | 'webhook' | 'serve' = 'run',
): ControllerProcess {
  const controller = spawnController({ folder, command, ...(env ? { env } : {}) }, args);
  onTestFinished(async () => void (await controller.end('SIGKILL')));
  return controller;
}
