/** The part of a stream that the command line needs; process.stdout is one. */
interface Output {
  write(text: string): unknown;
  on(event: 'error', listener: (error: NodeJS.ErrnoException) => void): unknown;
  /** Width of the terminal; undefined when there is none. */
  readonly columns?: number | undefined;
  readonly isTTY?: boolean | undefined;
}

/** The world as the command line sees it. */
export interface Io {
  readonly stdout: Output;
  readonly stderr: Output;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The program's version, "0.1.0". */
  readonly version: string;
  /** Aborts when the program is asked to end. */
  readonly signal: AbortSignal;
}

/** Where data and remarks go, once it is settled who reads them. */
export interface Printer {
  /** Data, to standard output. */
  print(text: string): void;
  /** Errors, warnings and advice, to standard error. */
  complain(text: string): void;
  /** Aborts as `Io.signal` does, and when nobody reads the output any more. */
  readonly signal: AbortSignal;
}

/** A reader that goes away (`tiphys run | head`) ends the work quietly; any other trouble with a stream is a crash. */
export function openPrinter(io: Io): Printer {
  const readerGone = new AbortController();
  const onError = (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    readerGone.abort();
  };
  io.stdout.on('error', onError);
  io.stderr.on('error', onError);
  return {
    print: (text) => {
      if (text !== '' && !readerGone.signal.aborted) io.stdout.write(text);
    },
    complain: (text) => {
      if (text !== '') io.stderr.write(text);
    },
    signal: AbortSignal.any([io.signal, readerGone.signal]),
  };
}
