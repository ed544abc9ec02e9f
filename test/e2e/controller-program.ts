import { onTestFinished } from 'vitest';
import { type ControllerProcess, spawnController } from '../support/controller-process.ts';

/** As `spawnController`; ended with the test. */
export function startController(
  folder: string,
  args: readonly string[],
  env?: Readonly<Record<string, string>>,
): ControllerProcess {
  const controller = spawnController({ folder, ...(env ? { env } : {}) }, args);
  onTestFinished(async () => void (await controller.end('SIGKILL')));
  return controller;
}
