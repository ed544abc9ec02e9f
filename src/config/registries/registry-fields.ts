import { type Document, isAlias, isScalar, isSeq, type Pair, Scalar, type YAMLMap } from 'yaml';
import { nearest } from '../../core/nearest.ts';
import type { Parsed } from '../../core/parsed.ts';
import type { Report } from './registries-report.ts';

/** Upstream's keys, then our own. docs/registries.md explains each. */
export const REGISTRY_KEYS = [
  ...['name', 'prefix', 'api_url', 'credentials', 'credsexpire', 'limit', 'tagsortmode', 'insecure', 'ping'],
  ...['default', 'defaultns', 'ca_file', 'ca_data'],
  ...['ca_secret', 'cert_file', 'key_file', 'proxy', 'no_proxy', 'mirrors', 'http2', 'concurrency', 'kind'],
  ...['role_arn', 'token_realm'],
];

/** One entry's fields, each read as its key wants it. What is wrong goes into the report, with the field's path. */
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
      if (!REGISTRY_KEYS.includes(key)) this.#unknownKey(key);
    }
  }

  /** Undefined when the key is missing, or says null as YAML does. */
  text(key: string): string | undefined {
    const value = this.#value(key);
    return value === undefined || isNull(value) ? undefined : textOf(value);
  }

  /** The texts of a list; a single value is a list of one. */
  texts(key: string): readonly string[] {
    const list = resolve(this.#document, this.#map.get(key, true));
    if (!isSeq(list)) return [this.text(key) ?? ''].filter((text) => text !== '');
    const items = list.items.map((item) => resolve(this.#document, item));
    const values = items.filter((item): item is Scalar => isScalar(item));
    if (values.length < items.length) this.problem(key, 'is not a list of single values', `write ${key}: [one, two]`);
    return values.map(textOf);
  }

  required(key: string): string | undefined {
    const text = this.text(key);
    if (text) return text;
    this.problem(
      key,
      'is missing or empty',
      `write ${key}: ${key === 'name' ? 'a name of your choice' : 'https://...'}`,
    );
    return undefined;
  }

  boolean(key: string): boolean | undefined {
    const value = this.#value(key);
    if (value === undefined || isNull(value)) return undefined;
    const isPlain = value.type === Scalar.PLAIN;
    const text = textOf(value);
    if (isPlain && TRUE.test(text)) return true;
    if (isPlain && FALSE.test(text)) return false;
    this.problem(key, `"${text}" is neither true nor false`, `write ${key}: true or ${key}: false, without quotes`);
    return undefined;
  }

  integer(key: string): number | undefined {
    const text = this.text(key);
    if (text === undefined) return undefined;
    if (/^[+-]?\d{1,9}$/.test(text)) return Number(text);
    this.problem(key, `"${text}" is not a whole number`, `write ${key}: 20`);
    return undefined;
  }

  /** The text under the key, read; undefined when there is none, or it cannot be read. */
  read<T>(key: string, parse: (text: string) => Parsed<T>): T | undefined {
    const text = this.text(key);
    return text ? this.parsed(key, parse(text)) : undefined;
  }

  parsed<T>(key: string, result: Parsed<T>): T | undefined {
    if (result.ok) return result.value;
    this.problem(key, result.problem, `correct ${key}`);
    return undefined;
  }

  problem(key: string, message: string, fix: string): void {
    this.#report.problem(`${this.#path}.${key}`, message, fix);
  }

  warning(key: string, message: string, fix: string): void {
    this.#report.warning('SETTING_INVALID', `${this.#path}.${key}`, message, fix);
  }

  #unknownKey(key: string): void {
    const suggestion = nearest(key, REGISTRY_KEYS);
    const fix = suggestion === undefined ? `the keys are ${REGISTRY_KEYS.join(', ')}` : `write ${suggestion}`;
    this.#report.unknownKey(`${this.#path}.${key}`, `${key} is not a key of a registry`, fix);
  }

  #value(key: string): Scalar | undefined {
    const node = resolve(this.#document, this.#map.get(key, true));
    if (node === undefined || node === null) return undefined;
    if (isScalar(node)) return node;
    this.problem(key, 'is not a single value', `write ${key}: and one value`);
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
