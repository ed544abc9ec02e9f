const RFC3339 = /^(\d{4})-(\d{2})-(\d{2})T(\d{1,2}):(\d{2}):(\d{2})(?:[.,](\d+))?(?:Z|(?<sign>[+-])(\d{2}):(\d{2}))$/;

const NANOSECONDS = 1_000_000_000n;

/**
 * Nanoseconds since 1970 UTC, undefined when the text is not a time. Reads what Go's time.Parse(time.RFC3339) reads:
 * also a comma as decimal mark, a one-digit hour and offsets up to 24:60; not lower case t and z, a blank, a missing
 * zone, hour 24 or second 60. Digits beyond nanoseconds are cut off.
 */
export function parseTimestamp(text: string): bigint | undefined {
  const match = RFC3339.exec(text);
  if (!match) return undefined;
  const number = (group: number) => Number(match[group] ?? 0);
  const [year, month, day] = [number(1), number(2), number(3)];
  const [hour, minute, second] = [number(4), number(5), number(6)];
  const [offsetHours, offsetMinutes] = [number(9), number(10)];
  if (hour > 23 || minute > 59 || second > 59 || offsetHours > 24 || offsetMinutes > 60) return undefined;
  const midnightMs = dateMs(year, month, day);
  if (midnightMs === undefined) return undefined;
  const offsetSeconds = (offsetHours * 60 + offsetMinutes) * 60 * (match.groups?.['sign'] === '-' ? -1 : 1);
  const seconds = midnightMs / 1000 + (hour * 60 + minute) * 60 + second - offsetSeconds;
  const fraction = (match[7] ?? '').slice(0, 9).padEnd(9, '0');
  return BigInt(seconds) * NANOSECONDS + BigInt(fraction);
}

/** Milliseconds since 1970 of a day's beginning; undefined when the calendar has no such day. */
function dateMs(year: number, month: number, day: number): number | undefined {
  const date = new Date(0);
  // Not Date.UTC, which reads the years 0 to 99 as 1900 to 1999.
  date.setUTCFullYear(year, month - 1, day);
  return date.getUTCMonth() === month - 1 && date.getUTCDate() === day ? date.getTime() : undefined;
}

/** "2024-01-15T10:00:00Z", of milliseconds since 1970; what is less than a second is left out. */
export function formatInstant(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}Z`;
}

/** "2024-01-15T10:00:00.5Z", for people: whole seconds without fraction. */
export function formatTimestamp(ns: bigint): string {
  const seconds = ns / NANOSECONDS - (ns % NANOSECONDS < 0n ? 1n : 0n);
  const fraction = String(ns - seconds * NANOSECONDS)
    .padStart(9, '0')
    .replace(/0+$/, '');
  const whole = new Date(Number(seconds) * 1000).toISOString().slice(0, 19);
  return `${whole}${fraction === '' ? '' : `.${fraction}`}Z`;
}
