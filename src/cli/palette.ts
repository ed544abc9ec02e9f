import { styleText } from 'node:util';

type Paint = (text: string) => string;

/** Colours by meaning, so that a renderer never names one. */
export interface Palette {
  readonly heading: Paint;
  readonly added: Paint;
  readonly removed: Paint;
  readonly place: Paint;
  readonly faint: Paint;
  readonly warning: Paint;
  readonly error: Paint;
}

const same: Paint = (text) => text;

export const plain: Palette = {
  heading: same,
  added: same,
  removed: same,
  place: same,
  faint: same,
  warning: same,
  error: same,
};

export const coloured: Palette = {
  heading: paint('bold'),
  added: paint('green'),
  removed: paint('red'),
  place: paint('cyan'),
  faint: paint('dim'),
  warning: paint('yellow'),
  error: paint('red'),
};

// Whether colours are wanted was decided by the caller, so the stream is not asked again.
function paint(format: Parameters<typeof styleText>[0]): Paint {
  return (text) => styleText(format, text, { validateStream: false });
}

/**
 * The flag first, then upstream's variable, the two that many programs share (empty counts as unset), then the terminal.
 * @see https://no-color.org and https://force-color.org
 */
export function paletteFor(choice: {
  readonly noColorFlag: boolean;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly isTTY: boolean;
}): Palette {
  const { noColorFlag, env, isTTY } = choice;
  if (noColorFlag || env['NO_COLOR'] || env['ENABLE_LOG_COLORS']?.toLowerCase() === 'false') return plain;
  const forced = env['FORCE_COLOR'];
  if (forced) return forced === '0' || forced === 'false' ? plain : coloured;
  return isTTY && env['TERM'] !== 'dumb' ? coloured : plain;
}
