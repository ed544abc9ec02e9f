import { SettingsRefused } from '../config/settings/settings.ts';
import { Failure, toProblem } from '../core/failure.ts';
import { redactProblem, withoutCredentials } from '../core/redact.ts';
import { parseArguments } from './arguments.ts';
import type { CliCommand } from './cli-command.ts';
import type { Desk } from './desk.ts';
import { EXIT } from './exit-code.ts';
import type { Io, Printer } from './io.ts';
import { paletteFor } from './palette.ts';
import { printableBlock } from './printable.ts';
import { renderProblems } from './render/problems.ts';
import type { Work } from './work.ts';

const NO_TERMINAL_COLUMNS = 100;

/** The part of `runCli` that needs the whole command line to be loaded. */
export async function runSession(argv: readonly string[], io: Io, printer: Printer, work: Work): Promise<number> {
  const desk = deskFor(argv, io, printer);
  try {
    const request = parseArguments(argv, {
      commands: await commandsFor(argv),
      env: io.env,
      version: io.version,
      columns: io.stdout.columns || NO_TERMINAL_COLUMNS,
    });
    return await request.perform(desk, work);
  } catch (error) {
    const isKnown = error instanceof Failure || error instanceof SettingsRefused;
    if (printer.signal.aborted && !io.signal.aborted) return EXIT.ok; // the reader has gone, and knows why
    if (io.signal.aborted && !isKnown) return interrupted(printer);
    const problems = error instanceof SettingsRefused ? error.problems : [toProblem('tiphys', error)];
    printer.complain(renderProblems({ failures: problems.map(redactProblem), warnings: [] }, desk.palettes.stderr));
    // A bug: its place is worth more than a tidy screen. Left to crash it would exit 1, which means "changes".
    if (!isKnown && error instanceof Error)
      printer.complain(`${printableBlock(withoutCredentials(error.stack ?? ''))}\n`);
    return EXIT.failed;
  }
}

/** A pipeline starts `set-image` for one small file: the other commands and all that they load are left out for it. */
async function commandsFor([name]: readonly string[]): Promise<readonly CliCommand[]> {
  if (name === 'set-image') return [(await import('./commands/set-image.ts')).setImage];
  return (await import('./commands/index.ts')).cliCommands;
}

function interrupted(printer: Printer): number {
  printer.complain('interrupted\n');
  return EXIT.failed;
}

function deskFor(argv: readonly string[], io: Io, printer: Printer): Desk {
  const noColorFlag = argv.includes('--no-color');
  const palette = (isTTY: boolean | undefined) => paletteFor({ noColorFlag, env: io.env, isTTY: isTTY ?? false });
  return {
    printer,
    version: io.version,
    palettes: { stdout: palette(io.stdout.isTTY), stderr: palette(io.stderr.isTTY) },
    toTerminal: io.stdout.isTTY ?? false,
    errorsToTerminal: io.stderr.isTTY ?? false,
  };
}
