import type { Budget, TextWriter } from './budget.ts';
import { type ByteText, encodeRune, runeAt } from './byte-text.ts';
import { type FormatSpec, PLAIN } from './format-spec.ts';
import { formatValue } from './format-value.ts';
import { type GoValue, typeName, unbox } from './value.ts';

/** fmt.Sprintf, with its error texts: `%!d(string=x)`, `%!s(MISSING)`, `%!(EXTRA int=1)`. */
export function printf(format: ByteText, operands: readonly GoValue[], budget: Budget): ByteText {
  return new Printf(format, operands, budget.writer()).run();
}

/** Beyond this fmt takes no width and no precision from an operand. */
const MAX_NUMBER = 1_000_000;
const DIGITS = /[0-9]*/y;

const FLAGS = new Map<string, Partial<FormatSpec>>([
  ['#', { sharp: true }],
  ['0', { zero: true }],
  ['+', { plus: true }],
  ['-', { minus: true }],
  [' ', { space: true }],
]);

class Printf {
  readonly #format: ByteText;
  readonly #operands: readonly GoValue[];
  readonly #out: TextWriter;
  #at = 0;
  #operand = 0;
  /** Whether an operand was picked by number, so that nobody can say which are left over. */
  #reordered = false;
  /** Whether the number of the operand makes sense where it stands. */
  #goodNumber = true;
  /** Whether a number has just been read, as in `%[3]d`. */
  #afterNumber = false;

  constructor(format: ByteText, operands: readonly GoValue[], out: TextWriter) {
    this.#format = format;
    this.#operands = operands;
    this.#out = out;
  }

  run(): ByteText {
    for (;;) {
      const percent = this.#format.indexOf('%', this.#at);
      this.#out.write(this.#format.slice(this.#at, percent < 0 ? undefined : percent));
      if (percent < 0) break;
      this.#at = percent + 1;
      this.#goodNumber = true;
      this.#verb(this.#readSpec());
    }
    if (!this.#reordered) this.#writeExtra(this.#operands.slice(this.#operand));
    return this.#out.text();
  }

  #readSpec(): FormatSpec {
    let spec = PLAIN;
    for (let flag = FLAGS.get(this.#peek()); flag; flag = FLAGS.get(this.#peek())) {
      spec = { ...spec, ...flag };
      this.#at += 1;
    }
    this.#readOperandNumber();
    spec = this.#readWidth(spec);
    if (this.#peek() === '.' && this.#at + 1 < this.#format.length) {
      this.#at += 1;
      spec = { ...spec, precision: this.#readPrecision() };
    }
    if (!this.#afterNumber) this.#readOperandNumber();
    return spec;
  }

  #readWidth(spec: FormatSpec): FormatSpec {
    if (this.#peek() !== '*') {
      const width = this.#readDigits();
      if (this.#afterNumber && width !== undefined) this.#goodNumber = false;
      return { ...spec, width };
    }
    const width = this.#takeNumber();
    if (width === undefined) this.#out.write('%!(BADWIDTH)');
    if (width === undefined || width >= 0) return { ...spec, width };
    return { ...spec, width: -width, minus: true, zero: false };
  }

  #readPrecision(): number | undefined {
    if (this.#afterNumber) this.#goodNumber = false;
    this.#readOperandNumber();
    if (this.#peek() !== '*') return this.#readDigits() ?? 0;
    const precision = this.#takeNumber();
    if (precision !== undefined && precision >= 0) return precision;
    this.#out.write('%!(BADPREC)');
    return undefined;
  }

  /** What an asterisk stands for: the next operand, when it is an int of sensible size. */
  #takeNumber(): number | undefined {
    this.#at += 1;
    this.#afterNumber = false;
    const operand = this.#operands[this.#operand];
    if (!operand) return undefined;
    this.#operand += 1;
    const value = unbox(operand);
    if (value.kind !== 'int' && value.kind !== 'uint8') return undefined;
    const number = Number(value.value);
    return Math.abs(number) <= MAX_NUMBER ? number : undefined;
  }

  #readDigits(): number | undefined {
    DIGITS.lastIndex = this.#at;
    const digits = DIGITS.exec(this.#format)?.[0] ?? '';
    // A number that large makes fmt give up on the whole rest.
    this.#at = isTooLarge(digits) ? this.#format.length : this.#at + digits.length;
    return digits === '' || isTooLarge(digits) ? undefined : Number(digits);
  }

  /** `[3]` picks the third operand. */
  #readOperandNumber(): void {
    this.#afterNumber = false;
    if (this.#peek() !== '[') return;
    this.#reordered = true;
    const end = this.#format.indexOf(']', this.#at);
    const isClosed = end > 0 && this.#at + 3 <= this.#format.length;
    const digits = isClosed ? this.#format.slice(this.#at + 1, end) : '';
    this.#at = isClosed ? end + 1 : this.#at + 1;
    this.#afterNumber = /^[0-9]+$/.test(digits) && !isTooLarge(digits);
    const index = Number(digits) - 1;
    if (this.#afterNumber && index >= 0 && index < this.#operands.length) this.#operand = index;
    else this.#goodNumber = false;
  }

  #verb(spec: FormatSpec): void {
    if (this.#at >= this.#format.length) {
      this.#out.write('%!(NOVERB)');
      return;
    }
    const { code, size } = runeAt(this.#format, this.#at);
    const verb = encodeRune(code);
    this.#at += size;
    const operand = this.#operands[this.#operand];
    if (verb === '%') this.#out.write('%');
    else if (!this.#goodNumber) this.#out.write(`%!${verb}(BADINDEX)`);
    else if (!operand) this.#out.write(`%!${verb}(MISSING)`);
    else {
      this.#operand += 1;
      formatValue(operand, verb, verb === 'v' || verb === 'w' ? forValue(spec) : spec, this.#out);
    }
  }

  #writeExtra(extra: readonly GoValue[]): void {
    if (extra.length === 0) return;
    this.#out.write('%!(EXTRA ');
    for (const [index, operand] of extra.entries()) {
      const value = unbox(operand);
      this.#out.write(`${index > 0 ? ', ' : ''}${value.kind === 'nil' ? '' : `${typeName(value)}=`}`);
      formatValue(value, 'v', PLAIN, this.#out);
    }
    this.#out.write(')');
  }

  #peek(): string {
    return this.#format.charAt(this.#at);
  }
}

/** In the format itself the last digit may lead beyond the maximum. */
function isTooLarge(digits: string): boolean {
  return Math.floor(Number(digits) / 10) > MAX_NUMBER;
}

/** With `%v` a plus and a sharp sign say how to write values, not numbers. */
function forValue(spec: FormatSpec): FormatSpec {
  return { ...spec, plus: false, sharp: false, plusV: spec.plus, sharpV: spec.sharp };
}
