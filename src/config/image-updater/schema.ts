import type { Untyped } from '../../core/untyped.ts';

// What a CustomResourceDefinition can say about a field, as far as ours says it: the one description from which the
// check of a file, the CRD, the JSON schema and the TypeScript type all follow.

export type Schema = TextSchema | FlagSchema | IntegerSchema | ListSchema | MapSchema | ObjectSchema;

export interface TextSchema {
  readonly type: 'string';
  readonly description: string;
  readonly format?: 'date-time';
  readonly pattern?: string;
  /** In characters, not bytes, as in Kubernetes. */
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly oneOf?: readonly string[];
}

export interface FlagSchema {
  readonly type: 'boolean';
  readonly description: string;
  readonly default?: boolean;
}

export interface IntegerSchema {
  readonly type: 'integer';
  readonly description: string;
  readonly format: 'int32' | 'int64';
  readonly minimum: number;
}

export interface ListSchema<Item extends Schema = Schema> {
  readonly type: 'array';
  readonly description: string;
  readonly items: Item;
  /** The field by which items are told apart; without one the list is one value as a whole. */
  readonly key?: string;
  readonly minItems?: number;
  readonly maxItems?: number;
}

export interface MapSchema<Value extends Schema = Schema> {
  readonly type: 'map';
  readonly description: string;
  readonly values: Value;
}

export type Fields = Readonly<Record<string, Schema>>;

export interface ObjectSchema<F extends Fields = Fields, R extends string = string> {
  readonly type: 'object';
  readonly description: string;
  readonly fields: F;
  readonly required: readonly R[];
  readonly rules: readonly Rule[];
  /** Whether server-side apply treats the whole mapping as one value. */
  readonly atomic?: boolean;
}

/** A rule over several fields: the API server's CEL expression, and the same for us. */
export interface Rule {
  readonly cel: string;
  readonly message: string;
  readonly fix: string;
  holds(value: Untyped): boolean;
  /** The same as keywords of JSON schema, for editors. */
  readonly jsonSchema: object;
}

interface ObjectMore<R extends string> {
  readonly required?: readonly R[];
  readonly rules?: readonly Rule[];
  readonly atomic?: boolean;
}

/** A mapping with these fields and no others. What is required is told by `required` alone, never by where it stands. */
export function object<const F extends Fields, const R extends keyof F & string = never>(
  description: string,
  fields: F,
  { required = [], rules = [], ...more }: ObjectMore<R> = {},
): ObjectSchema<F, NoInfer<R>> {
  return { type: 'object', description, fields, required, rules, ...more };
}

export function text(description: string, more: Omit<TextSchema, 'type' | 'description'> = {}): TextSchema {
  return { type: 'string', description, ...more };
}

export function flag(description: string, more: Pick<FlagSchema, 'default'> = {}): FlagSchema {
  return { type: 'boolean', description, ...more };
}

export function integer(description: string, format: IntegerSchema['format']): IntegerSchema {
  return { type: 'integer', description, format, minimum: 0 };
}

export function list<const I extends Schema>(
  description: string,
  items: I,
  more: Omit<ListSchema, 'type' | 'description' | 'items'> = {},
): ListSchema<I> {
  return { type: 'array', description, items, ...more };
}

/** A mapping with any keys. */
export function map<const V extends Schema>(description: string, values: V): MapSchema<V> {
  return { type: 'map', description, values };
}

/** The type of what a schema admits. */
export type ValueOf<S extends Schema> =
  S extends ObjectSchema<infer F, infer R>
    ? { readonly [K in keyof F & R]: ValueOf<F[K]> } & { readonly [K in Exclude<keyof F, R>]?: ValueOf<F[K]> }
    : S extends ListSchema<infer I>
      ? readonly ValueOf<I>[]
      : S extends MapSchema<infer V>
        ? Readonly<Record<string, ValueOf<V>>>
        : S extends TextSchema
          ? string
          : S extends FlagSchema
            ? boolean
            : number;
