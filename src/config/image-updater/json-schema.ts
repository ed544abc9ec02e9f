import { spec } from './definition.ts';
import type { Schema } from './schema.ts';

/**
 * A JSON schema of ImageUpdater manifests, for editors. Stricter than the CRD, as kubectl is: unknown fields are
 * errors. Draft 7, which the language servers for YAML read.
 */
export function imageUpdaterJsonSchema(): object {
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'ImageUpdater (argocd-image-updater.argoproj.io/v1alpha1)',
    type: 'object',
    properties: {
      apiVersion: { const: 'argocd-image-updater.argoproj.io/v1alpha1' },
      kind: { const: 'ImageUpdater' },
      metadata: { type: 'object', required: ['name'], properties: { name: { type: 'string' } } },
      spec: jsonSchema(spec),
      status: { type: 'object' },
    },
    required: ['apiVersion', 'kind', 'metadata', 'spec'],
    additionalProperties: false,
  };
}

/** Keywords of JSON schema that admit what `admit` does. */
export function jsonSchema(schema: Schema): object {
  switch (schema.type) {
    case 'string': {
      const { oneOf, ...rest } = schema;
      return { ...rest, ...(oneOf ? { enum: oneOf } : {}) };
    }
    case 'boolean':
      return schema;
    case 'integer': {
      const { type, description, minimum } = schema;
      return { type, description, minimum };
    }
    case 'array': {
      const { items, key: _, ...rest } = schema;
      return { ...rest, items: jsonSchema(items) };
    }
    case 'map':
      return { description: schema.description, type: 'object', additionalProperties: jsonSchema(schema.values) };
    case 'object': {
      const { description, fields, required, rules } = schema;
      const properties = Object.fromEntries(Object.entries(fields).map(([key, field]) => [key, jsonSchema(field)]));
      return {
        description,
        type: 'object',
        properties,
        ...(required.length > 0 ? { required } : {}),
        additionalProperties: false,
        ...(rules.length > 0 ? { allOf: rules.map((rule) => rule.jsonSchema) } : {}),
      };
    }
    default:
      return schema satisfies never;
  }
}
