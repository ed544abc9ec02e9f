import { isUntyped, type Untyped } from '../../src/core/untyped.ts';

/**
 * Whether a value fits a JSON schema, as far as our own schemas use the language: type, const, enum, anyOf, $ref to a
 * definition, properties, required, additionalProperties, minProperties and items.
 */
export function fits(schema: Untyped, value: unknown, root: Untyped = schema): boolean {
  const unknown = Object.keys(schema).filter((keyword) => !KEYWORDS.includes(keyword));
  if (unknown.length > 0) throw new Error(`this validator does not know ${unknown.join(', ')}`);
  const again = (inner: unknown, part: unknown) => isUntyped(inner) && fits(inner, part, root);
  const { $ref, anyOf, type, enum: values, const: only } = schema;
  return (
    (typeof $ref !== 'string' || again(definition(root, $ref), value)) &&
    (!Array.isArray(anyOf) || anyOf.some((one) => again(one, value))) &&
    (type === undefined || [type].flat().some((one) => isOfType(one, value))) &&
    (!Array.isArray(values) || values.includes(value)) &&
    (only === undefined || only === value) &&
    (!Array.isArray(value) || schema['items'] === undefined || value.every((item) => again(schema['items'], item))) &&
    (!isUntyped(value) || fitsMapping(schema, value, again))
  );
}

function isOfType(type: unknown, value: unknown): boolean {
  return type === typeOf(value) || (type === 'integer' && Number.isInteger(value));
}

const ANNOTATIONS = ['$schema', 'title', 'description', 'definitions'];
const MAPPING_KEYWORDS = ['properties', 'required', 'additionalProperties', 'minProperties'];
const KEYWORDS = [...ANNOTATIONS, ...MAPPING_KEYWORDS, '$ref', 'anyOf', 'type', 'enum', 'const', 'items'];

function fitsMapping(schema: Untyped, value: Untyped, again: (inner: unknown, part: unknown) => boolean): boolean {
  const { properties, required, additionalProperties, minProperties = 0 } = schema;
  const known = isUntyped(properties) ? properties : {};
  const entries = Object.entries(value);
  return (
    entries.length >= Number(minProperties) &&
    (!Array.isArray(required) || required.every((key) => Object.hasOwn(value, key))) &&
    entries.every(([key, part]) =>
      Object.hasOwn(known, key) ? again(known[key], part) : additionalProperties !== false,
    )
  );
}

function definition(root: Untyped, ref: string): unknown {
  const definitions = root['definitions'];
  return isUntyped(definitions) ? definitions[ref.replace('#/definitions/', '')] : undefined;
}

function typeOf(value: unknown): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'array' : typeof value;
}
