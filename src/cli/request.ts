import type { Desk } from './desk.ts';
import { EXIT } from './exit-code.ts';
import { printable } from './printable.ts';
import type { Work } from './work.ts';

/** What somebody asked for, read from the arguments once. */
export interface Request {
  /** The command's name; "misuse" for arguments that mean nothing. */
  readonly kind: string;
  /** What was asked, as plain data: values are checked, defaults are filled in. */
  readonly options: object;
  /**
   * Does it and prints what came of it.
   * @returns the exit code
   * @throws {Failure} for what stopped the command as a whole
   */
  perform(desk: Desk, work: Work): Promise<number>;
}

/** How a command does what its options ask for; as `Request.perform`. */
export type Perform<Options> = (options: Options, desk: Desk, work: Work) => Promise<number>;

export function requestOf<Options extends object>(kind: string, options: Options, perform: Perform<Options>): Request {
  return { kind, options, perform: (desk, work) => perform(options, desk, work) };
}

export function helpRequest(text: string): Request {
  return requestOf('help', { text }, async (options, { printer }) => {
    printer.print(options.text);
    return EXIT.ok;
  });
}

/** Arguments that mean nothing; `help` is what to show below the message, if anything. */
export function misuse(message: string, help = ''): Request {
  return requestOf('misuse', { message, help }, async (options, { printer, palettes }) => {
    printer.complain(`${palettes.stderr.error('error')}: ${printable(options.message)}\n${options.help}`);
    return EXIT.failed;
  });
}
