import type { FailureCode, Problem } from '../core/failure.ts';
import { type FieldPath, formatFieldPath } from '../core/field-path.ts';
import { nearest } from '../core/nearest.ts';
import type { Origin } from '../core/origin.ts';
import { asText, isUntyped, type Untyped } from '../core/untyped.ts';

/** A mapping whose keys are all known, and where it stands. */
export interface KnownMapping {
  readonly value: Untyped;
  readonly path: FieldPath;
}

/**
 * Reads the fields of one document, and keeps everything that is wrong with them, each with its place. A field that is
 * wrong reads as absent; null reads as absent everywhere.
 */
export class Fields {
  readonly #origin: Origin;
  readonly #problems: Problem[] = [];

  constructor(origin: Origin) {
    this.#origin = origin;
  }

  get problems(): readonly Problem[] {
    return this.#problems;
  }

  refuse(path: FieldPath, problem: string, fix: string, code: FailureCode = 'CONFIG_INVALID'): void {
    const { file, positionOf } = this.#origin;
    const { line, column } = positionOf(path);
    const message = path.length === 0 ? problem : `${formatFieldPath(path)}: ${problem}`;
    this.#problems.push({ code, object: `${file}:${line}:${column}`, message, fix });
  }

  /** The mapping, with a problem for every key that is not among `keys`. */
  mapping(value: unknown, path: FieldPath, keys: readonly string[]): KnownMapping | undefined {
    if (!isUntyped(value)) {
      this.refuse(path, `must be a mapping, but is ${wordFor(value)}`, `write ${keys.join(', ')}, each with its value`);
      return undefined;
    }
    for (const key of Object.keys(value)) if (!keys.includes(key)) this.#unknown(key, path, keys);
    return { value, path };
  }

  text({ value, path }: KnownMapping, key: string): string | undefined {
    return value[key] === undefined || value[key] === null ? undefined : this.textOf(value[key], [...path, key]);
  }

  flag(owner: KnownMapping, key: string): boolean {
    const text = this.text(owner, key);
    if (text === 'true' || text === 'false' || text === undefined) return text === 'true';
    this.refuse([...owner.path, key], `must be true or false, but is "${text}"`, 'write true or false');
    return false;
  }

  /** Undefined when there is none. */
  list({ value, path }: KnownMapping, key: string): readonly unknown[] | undefined {
    const items = value[key];
    if (items === undefined || items === null || Array.isArray(items)) return items ?? undefined;
    const fix = typeof items === 'string' ? `write [${JSON.stringify(items)}]` : 'write a list';
    this.refuse([...path, key], `must be a list, but is ${wordFor(items)}`, fix);
    return undefined;
  }

  texts(owner: KnownMapping, key: string): readonly string[] | undefined {
    return this.list(owner, key)?.flatMap((item, index) => this.textOf(item, [...owner.path, key, index]) ?? []);
  }

  textOf(value: unknown, path: FieldPath): string | undefined {
    const text = asText(value);
    if (text === undefined) this.refuse(path, `must be a text, but is ${wordFor(value)}`, 'write a text');
    return text;
  }

  #unknown(key: string, path: FieldPath, keys: readonly string[]): void {
    const meant = nearest(key, keys);
    const fix = meant === undefined ? `write one of ${keys.join(', ')}` : `write ${meant}`;
    this.refuse([...path, key], 'there is no such key', fix, 'CONFIG_UNKNOWN_KEY');
  }
}

function wordFor(value: unknown): string {
  if (value === null || value === undefined) return 'empty';
  if (Array.isArray(value)) return 'a list';
  return typeof value === 'object' ? 'a mapping' : 'a text';
}
