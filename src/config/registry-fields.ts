import { type Document, isAlias, isScalar, type Pair, Scalar, type YAMLMap } from 'yaml';
import { nearest } from '../core/nearest.ts';
import type { Parsed } from '../core/parsed.ts';
import { type Report, UNUSED_KEYS } from './registries-report.ts';

/** Keys that are read. */
const USED_KEYS = ['name', 'prefix', 'api_url', 'credentials', 'insecure', 'ping', 'default', 'defaultns'] as const;
type UsedKey = (typeof USED_KEYS)[number];

/** One entry's fields, each read as its key wants it. */
export class Fields {
  readonly #document: Document;
  readonly #path: string;
  readonly #map: YAMLMap;
  readonly #report: Report;

  constructor(document: Document, path: string, map: YAMLMap, report: Report) {
    this.#document = document;
    this.#path = path;
    this.#map = map;
    this.#report = report;
  }

  checkKeys(): void {
    for (const key of keysOf(this.#map)) {
      if (Object.hasOwn(UNUSED_KEYS, key)) this.#report.unused(key, this.#path);
      else if (!USED_KEYS.some((used) => used === key)) this.#unknownKey(key);
    }
  }

  /** Undefined when the key is missing, or says null as YAML does. */
  text(key: UsedKey): string | undefined {
    const value = this.#value(key);
    return value === undefined || isNull(value) ? undefined : textOf(value);
  }

  required(key: UsedKey): string | undefined {
    const text = this.text(key);
    if (text) return text;
    this.#problem(
      key,
      'is missing or empty',
      `write ${key}: ${key === 'name' ? 'a name of your choice' : 'https://...'}`,
    );
    return undefined;
  }

  boolean(key: UsedKey): boolean | undefined {
    const value = this.#value(key);
    if (value === undefined || isNull(value)) return undefined;
    const isPlain = value.type === Scalar.PLAIN;
    const text = textOf(value);
    if (isPlain && TRUE.test(text)) return true;
    if (isPlain && FALSE.test(text)) return false;
    this.#problem(key, `"${text}" is neither true nor false`, `write ${key}: true or ${key}: false, without quotes`);
    return undefined;
  }

  parse<T>(key: UsedKey, result: Parsed<T>): T | undefined {
    if (result.ok) return result.value;
    this.#problem(key, result.problem, `correct ${key}`);
    return undefined;
  }

  warn(key: UsedKey, message: string, fix: string): void {
    this.#report.warning('SETTING_UNUSED', `${this.#path}.${key}`, message, fix);
  }

  #problem(key: UsedKey, message: string, fix: string): void {
    this.#report.problem(`${this.#path}.${key}`, message, fix);
  }

  #unknownKey(key: string): void {
    const known = [...USED_KEYS, ...Object.keys(UNUSED_KEYS)];
    const suggestion = nearest(key, known);
    const fix = suggestion === undefined ? `the keys are ${known.join(', ')}` : `write ${suggestion}`;
    this.#report.unknownKey(`${this.#path}.${key}`, `${key} is not a key of a registry`, fix);
  }

  #value(key: UsedKey): Scalar | undefined {
    const node = resolve(this.#document, this.#map.get(key, true));
    if (node === undefined || node === null) return undefined;
    if (isScalar(node)) return node;
    this.#problem(key, 'is not a single value', `write ${key}: and one value`);
    return undefined;
  }
}

// YAML 1.1, "Boolean Language-Independent Type", as Go's yaml.v2 reads it.
const TRUE = /^(?:y|Y|yes|Yes|YES|true|True|TRUE|on|On|ON)$/;
const FALSE = /^(?:n|N|no|No|NO|false|False|FALSE|off|Off|OFF)$/;

function isNull(value: Scalar): boolean {
  return value.type === Scalar.PLAIN && ['', '~', 'null', 'Null', 'NULL'].includes(textOf(value));
}

function textOf(value: Scalar): string {
  return String(value.value ?? '');
}

export function isEmpty(node: unknown): boolean {
  return isScalar(node) && isNull(node);
}

export function resolve(document: Document, node: unknown): unknown {
  return isAlias(node) ? node.resolve(document) : node;
}

export function keysOf(map: YAMLMap): string[] {
  return map.items.map(({ key }: Pair) => (isScalar(key) ? String(key.value) : String(key)));
}
