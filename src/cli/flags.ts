import { Argument, InvalidArgumentError, Option } from 'commander';
import { parseDuration } from '../config/duration.ts';
import { alternatives } from '../core/alternatives.ts';
import { parseOrderNumber } from '../core/build-order.ts';
import { nearest } from '../core/nearest.ts';
import type { Parsed } from '../core/parsed.ts';
import { type Platform, parsePlatform } from '../core/platform.ts';

// setTimeout takes no more than 31 bits of milliseconds and fires at once beyond.
const LONGEST_MS = 2 ** 31 - 1;
const DAY_MS = 24 * 60 * 60 * 1000;

export function intervalFlag(defaultText: string): Option {
  return new Option('--interval <duration>', "pause between two cycles, in Go's syntax: 90s, 2m, 1h30m")
    .default(interval(defaultText), defaultText)
    .argParser(interval);
}

/** A time to wait at most, or for something to last: 0 or more. */
export function durationFlag(flags: string, description: string, defaultText: string): Option {
  return new Option(flags, description).default(duration(defaultText), defaultText).argParser(duration);
}

/** @param formats the first one is the default */
export function outputFlag(formats: readonly [string, ...string[]]): Option {
  return closedSet(new Option('-o, --output <format>', 'what to print').default(formats[0]), formats);
}

/** As `closedSet`, for an argument: "<SHELL>", "[COMMAND]". */
export function closedArgument(name: string, description: string, values: readonly string[]): Argument {
  return new Argument(name, description).choices(values).argParser((text: string) => oneOf(text, values));
}

/** The value must be one of `values`; a slip is answered with the nearest of them. */
export function closedSet(option: Option, values: readonly string[]): Option {
  return option.choices(values).argParser((text: string) => oneOf(text, values));
}

/** @throws {InvalidArgumentError} naming all values and the nearest */
function oneOf(text: string, values: readonly string[]): string {
  if (values.includes(text)) return text;
  const meant = values.length > 1 ? nearest(text, values) : undefined;
  const advice = meant === undefined ? '' : `; did you mean ${meant}?`;
  throw new InvalidArgumentError(`It must be ${alternatives(values)}${advice}`);
}

/** @throws {InvalidArgumentError} saying what is wrong with the text, as a sentence */
export function parsedValue<T>(parsed: Parsed<T>): T {
  if (parsed.ok) return parsed.value;
  throw new InvalidArgumentError(`${capitalised(parsed.problem)}.`);
}

/** A name that Kubernetes allows an object. */
export function objectName(text: string): string {
  if (text.length <= 253 && /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/.test(text)) return text;
  throw new InvalidArgumentError('It must be a Kubernetes name (lower-case letters, digits, "-" and ".").');
}

/** Collects the values of a flag that may be given several times. */
export function repeated(parse: (text: string) => string) {
  return (text: string, before: readonly string[] | undefined): readonly string[] => [...(before ?? []), parse(text)];
}

export function notEmpty(text: string): string {
  if (text.trim() === '') throw new InvalidArgumentError('It must not be empty.');
  return text;
}

/** `os/arch[/variant]`, separated by commas or given by several flags. */
export function platforms(text: string, before: readonly Platform[]): readonly Platform[] {
  return [...before, ...text.split(',').map((part) => parsedValue(parsePlatform(part)))];
}

function interval(text: string): number {
  const ms = milliseconds(text);
  if (ms > 0) return ms;
  throw new InvalidArgumentError('It must be more than 0; for a single cycle use --once.');
}

function duration(text: string): number {
  const ms = milliseconds(text);
  if (ms >= 0) return ms;
  throw new InvalidArgumentError('It must be 0 or more.');
}

function milliseconds(text: string): number {
  const ms = Math.round(parsedValue(parseDuration(text)));
  if (ms <= LONGEST_MS) return ms;
  throw new InvalidArgumentError('It must not be more than 24 days (576h).');
}

/** Which build it is. */
export function orderNumber(text: string): number {
  const number = parseOrderNumber(text);
  if (number !== undefined) return number;
  throw new InvalidArgumentError(`It must be a whole number from 0 to ${Number.MAX_SAFE_INTEGER}.`);
}

/** An age in Go's syntax of durations, with days before it: "90d", "1d12h", "36h". */
export function age(text: string): number {
  const [, days = '0', rest = ''] = /^(?:(\d{1,5})d)?(.*)$/s.exec(text) ?? [];
  const ms = Number(days) * DAY_MS + (rest === '' && text !== '' ? 0 : parsedValue(parseDuration(rest)));
  if (ms <= 0 || rest.startsWith('-')) throw new InvalidArgumentError('It must be more than 0.');
  return ms;
}

function capitalised(sentence: string): string {
  return sentence.charAt(0).toUpperCase() + sentence.slice(1);
}
