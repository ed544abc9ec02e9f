import { isRefusal } from './remarks.ts';

/** What can be left unknown: undefined where the forge does not tell it, or not to this credential. */
export async function ifTold<T>(work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    if (!isRefusal(error)) throw error;
    return undefined;
  }
}

/** True if one is; else unknown if one is. */
export function isAny(answers: readonly (boolean | undefined)[]): boolean | undefined {
  if (answers.includes(true)) return true;
  return answers.includes(undefined) ? undefined : false;
}
