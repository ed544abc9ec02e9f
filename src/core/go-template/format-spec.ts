import { type ByteText, runeCount } from './byte-text.ts';

/** What stands between the percent sign and the verb of a format. */
export interface FormatSpec {
  readonly minus: boolean;
  readonly plus: boolean;
  readonly sharp: boolean;
  readonly space: boolean;
  readonly zero: boolean;
  /** `%+v`: the names of fields. */
  readonly plusV: boolean;
  /** `%#v`: as Go source. */
  readonly sharpV: boolean;
  readonly width: number | undefined;
  readonly precision: number | undefined;
}

export const PLAIN: FormatSpec = {
  minus: false,
  plus: false,
  sharp: false,
  space: false,
  zero: false,
  plusV: false,
  sharpV: false,
  width: undefined,
  precision: undefined,
};

/** Filled up to the width, counted in characters; zeros go only to the left. */
export function pad(text: ByteText, { width, minus, zero }: FormatSpec): ByteText {
  const missing = (width ?? 0) - (width ? runeCount(text) : 0);
  if (missing <= 0) return text;
  return minus ? text + ' '.repeat(missing) : (zero ? '0' : ' ').repeat(missing) + text;
}
