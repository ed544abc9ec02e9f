import type { Desk } from './desk.ts';
import type { Work } from './work.ts';

/** Where outputs go. */
interface Outlet {
  readonly output: string;
  /** Where GitHub reads the outputs of a step; undefined elsewhere. */
  readonly githubOutput: string | undefined;
}

/** Hands outputs on to later steps: printed, or in the file where GitHub wants them. */
export async function handOn(
  text: string,
  { output, githubOutput }: Outlet,
  { printer }: Pick<Desk, 'printer'>,
  work: Pick<Work, 'appendToFile'>,
): Promise<void> {
  if (output === 'github-output' && githubOutput !== undefined) await work.appendToFile(githubOutput, text);
  else printer.print(text);
}
