import type { ByteText } from './byte-text.ts';

// A statement, an operand or a call is a step, and so is every 64 bytes of text that a function reads or writes. A
// commit message takes some dozens; a million end within a second.
const MAX_STEPS = 1_000_000;
const BYTES_PER_STEP = 64;
/** 1 MiB: of the output, and of any text on the way. */
const MAX_TEXT_BYTES = 1024 * 1024;

/** What one execution may still do: templates are data from outside, and `range 1000000000` is a short one. */
export class Budget {
  readonly #exceeded: (problem: string) => never;
  #steps = MAX_STEPS;

  /** @param exceeded  ends the execution */
  constructor(exceeded: (problem: string) => never) {
    this.#exceeded = exceeded;
  }

  /** For doing this many things. */
  spend(steps: number): void {
    this.#steps -= steps;
    if (this.#steps < 0) this.#exceeded(`the template takes more than ${MAX_STEPS} steps`);
  }

  /** For reading or writing this many bytes. */
  spendBytes(bytes: number): void {
    this.spend(bytes / BYTES_PER_STEP);
  }

  /** A text that grows by parts, up to a limit. */
  writer(): TextWriter {
    let length = 0;
    return new TextWriter((bytes) => {
      length += bytes;
      if (length > MAX_TEXT_BYTES) this.#exceeded(`the text is longer than ${MAX_TEXT_BYTES} bytes`);
      this.spendBytes(bytes);
    });
  }
}

export class TextWriter {
  readonly #parts: ByteText[] = [];
  readonly #account: (bytes: number) => void;

  constructor(account: (bytes: number) => void) {
    this.#account = account;
  }

  write(part: ByteText): void {
    this.#account(part.length);
    this.#parts.push(part);
  }

  text(): ByteText {
    return this.#parts.join('');
  }
}
