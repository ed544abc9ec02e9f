import { withoutCredentials } from './redact.ts';

export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error'] as const;
type LogLevel = (typeof LOG_LEVELS)[number];

/** One thing that happened. The message is the same each time; what is different is in the fields. */
export interface LogLine {
  readonly level: LogLevel;
  readonly message: string;
  /** Those without a value are left out. */
  readonly fields?: Readonly<Record<string, string | number | boolean | null | undefined>>;
}

export interface LogSettings {
  readonly format: 'text' | 'json';
  /** The least that is logged. */
  readonly level: LogLevel;
}

export function isLogged({ level }: LogLine, settings: LogSettings): boolean {
  return LOG_LEVELS.indexOf(level) >= LOG_LEVELS.indexOf(settings.level);
}

/**
 * The line as upstream writes it, so that what reads its logs reads these: JSON with `time`, `level` and `msg`, or text
 * of the form `time="..." level=info msg="..." key=value`. Always one line, without the credentials of URLs.
 * @param nowMs milliseconds since 1970
 */
export function formatLogLine(
  { level, message, fields = {} }: LogLine,
  format: LogSettings['format'],
  nowMs: number,
): string {
  const given = Object.entries(fields).filter(([, value]) => value !== undefined && value !== null);
  const known = [
    ['time', new Date(nowMs).toISOString()],
    ['level', level === 'warn' ? 'warning' : level],
    ['msg', message],
    ...given,
  ] as const;
  const safe = known.map(
    ([key, value]) => [key, typeof value === 'string' ? withoutCredentials(value) : value] as const,
  );
  if (format === 'json') return `${withoutUnseen(JSON.stringify(Object.fromEntries(safe)))}\n`;
  return `${safe.map(([key, value]) => `${key}=${quoted(String(value))}`).join(' ')}\n`;
}

/** Quoted unless it is plain, as logfmt has it. */
function quoted(text: string): string {
  return /^[A-Za-z0-9._/@^+-]+$/.test(text) ? text : withoutUnseen(JSON.stringify(text));
}

/** A JSON text with what a terminal would obey, and what nobody sees, escaped. */
function withoutUnseen(json: string): string {
  const asUnicode = (unit: string) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
  return json.replace(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, (character) => character.split('').map(asUnicode).join(''));
}
