import { Failure, type FailureCode } from '../core/failure.ts';

const REFUSALS: readonly FailureCode[] = ['FORGE_REFUSED', 'FORGE_NOT_FOUND', 'FORGE_UNAUTHORIZED'];

/**
 * Does what a pull request can be without (a label, a reviewer, ...): what the forge refuses becomes a remark.
 * @param wanted  "the reviewer ann"
 */
export async function optionally(remarks: string[], wanted: string, work: () => Promise<unknown>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!isRefusal(error)) throw error;
    remarks.push(`without ${wanted}: ${error.message}`);
  }
}

/** Says what was wanted of a forge that has no such thing. @param things  "labels" */
export function remarkOnAbsent(remarks: string[], forge: string, things: string, wanted: readonly string[]): void {
  if (wanted.length > 0) remarks.push(`without ${wanted.join(', ')}: ${forge} has no ${things}`);
}

/** Whether a forge understood, and would not. */
export function isRefusal(error: unknown): error is Failure {
  return error instanceof Failure && REFUSALS.includes(error.code);
}
