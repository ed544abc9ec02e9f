import { type Io, openPrinter } from './io.ts';
import { versionLine } from './version.ts';
import type { Work } from './work.ts';

/**
 * Reads the arguments, does what they ask for and prints the result: data to `io.stdout`, all else to `io.stderr`.
 * @param argv the arguments behind the program's name
 * @returns the exit code: 0; 1 for `plan --exit-code` with changes; 2 for any failure and for arguments that mean
 *   nothing. The caller sets it and lets the process end by itself, so that a slow pipe gets everything.
 */
export async function runCli(argv: readonly string[], io: Io, work: Work): Promise<number> {
  const printer = openPrinter(io);
  if (argv.length === 1 && ['version', '--version', '-V'].includes(argv[0] ?? '')) {
    // The quick way: nothing is loaded for it.
    printer.print(versionLine(io.version));
    return 0;
  }
  return (await import('./session.ts')).runSession(argv, io, printer, work);
}
