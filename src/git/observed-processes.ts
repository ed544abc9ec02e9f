import { Failure } from '../core/failure.ts';
import type { GitObserver } from '../ports/observers.ts';
import { type GitProcesses, nameOf } from './processes.ts';

/** Tells an observer how each command of git ended; one that was asked to stop did not fail. */
export function observedProcesses(processes: GitProcesses, observer: GitObserver | undefined): GitProcesses {
  if (observer === undefined) return processes;
  return {
    async run(command) {
      const began = performance.now();
      const ended = (outcome: 'ok' | 'failed') =>
        observer.commandEnded(nameOf(command.args), outcome, performance.now() - began);
      try {
        const exit = await processes.run(command);
        ended(exit.code === 0 ? 'ok' : 'failed');
        return exit;
      } catch (error) {
        if (!(error instanceof Failure && error.code === 'ABORTED')) ended('failed');
        throw error;
      }
    },
    [Symbol.asyncDispose]: () => processes[Symbol.asyncDispose](),
  };
}
