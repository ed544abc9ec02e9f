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
    if (!(error instanceof Failure) || !REFUSALS.includes(error.code)) throw error;
    remarks.push(`without ${wanted}: ${error.message}`);
  }
}
