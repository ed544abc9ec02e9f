import { type Parsed, parsed, unparsable } from '../core/parsed.ts';

const UNIT_MS: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3, // U+00B5
  μs: 1e-3, // U+03BC
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
};
const PART = /(\d+\.?\d*|\.\d+)(ns|us|µs|μs|ms|s|m|h)/gy;
/** Go keeps a duration in 63 bits of nanoseconds, about 292 years. */
const LONGEST_MS = 2 ** 63 / 1e6;

/**
 * A duration in Go's syntax, as upstream's flags take it: "2m", "1h30m", "1.5s", "-1s", "0".
 * @returns milliseconds, not rounded; negative when written so
 * @see https://pkg.go.dev/time#ParseDuration
 */
export function parseDuration(text: string): Parsed<number> {
  const sign = text.startsWith('-') ? -1 : 1;
  const magnitude = text.replace(/^[+-]/, '');
  if (magnitude === '0') return parsed(0);
  const ms = sumOfParts(magnitude);
  if (ms === undefined) return unparsable(`"${text}" is not a duration (such as 2m, 1h30m or 90s; units h, m, s, ms)`);
  if (ms >= LONGEST_MS) return unparsable(`"${text}" is too long for a duration (at most 292 years)`);
  return parsed(ms === 0 ? 0 : sign * ms);
}

function sumOfParts(text: string): number | undefined {
  let ms = 0;
  let end = 0;
  for (const [part, number = '', unit = ''] of text.matchAll(PART)) {
    ms += Number(number) * (UNIT_MS[unit] ?? Number.NaN);
    end += part.length;
  }
  return end > 0 && end === text.length ? ms : undefined;
}
