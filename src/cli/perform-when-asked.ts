import type { Desk } from './desk.ts';
import { EXIT } from './exit-code.ts';
import { tellRun } from './tell-run.ts';
import type { CycleOptions, Work } from './work.ts';

/** Serves until somebody ends it, and tells of every look that was asked for. */
export async function performWhenAsked(options: CycleOptions, desk: Desk, work: Work): Promise<number> {
  await work.runWhenAsked(options, (event, log) => tellRun(event, log, desk), desk.printer.signal);
  return EXIT.ok;
}
