import { spec, status } from './definition.ts';
import type { Schema } from './schema.ts';

/** The CustomResourceDefinition, as plain data (reference part 1, 1.1 to 1.4). */
export function imageUpdaterCrd(): object {
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: 'imageupdaters.argocd-image-updater.argoproj.io' },
    spec: {
      group: 'argocd-image-updater.argoproj.io',
      names: {
        kind: 'ImageUpdater',
        listKind: 'ImageUpdaterList',
        plural: 'imageupdaters',
        singular: 'imageupdater',
      },
      scope: 'Namespaced',
      versions: [
        {
          name: 'v1alpha1',
          served: true,
          storage: true,
          subresources: { status: {} },
          additionalPrinterColumns: [
            { name: 'Apps', type: 'integer', jsonPath: '.status.applicationsMatched' },
            { name: 'Images', type: 'integer', jsonPath: '.status.imagesManaged' },
            { name: 'Last Checked', type: 'date', jsonPath: '.status.lastCheckedAt' },
            { name: 'Ready', type: 'string', jsonPath: '.status.conditions[?(@.type=="Ready")].status' },
          ],
          schema: { openAPIV3Schema: imageUpdater() },
        },
      ],
    },
  };
}

function imageUpdater(): object {
  return {
    description: 'Keeps the images of Applications up to date.',
    type: 'object',
    properties: {
      apiVersion: { description: 'argocd-image-updater.argoproj.io/v1alpha1', type: 'string' },
      kind: { description: 'ImageUpdater', type: 'string' },
      // An API server takes nothing else here, not even a description: it has a definition of its own.
      metadata: { type: 'object' },
      spec: openApi(spec),
      status: openApi(status),
    },
  };
}

function openApi(schema: Schema): object {
  const { type, description } = schema;
  switch (schema.type) {
    case 'string': {
      const { oneOf, description: _, ...rest } = schema;
      return { description, ...rest, ...(oneOf ? { enum: oneOf } : {}) };
    }
    case 'boolean':
    case 'integer':
      return schema;
    case 'array': {
      const { items, key, description: _, ...rest } = schema;
      const kind =
        key === undefined
          ? { 'x-kubernetes-list-type': 'atomic' }
          : { 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': [key] };
      return { description, ...rest, items: openApi(items), ...kind };
    }
    case 'map':
      return { description, type: 'object', additionalProperties: openApi(schema.values) };
    case 'object': {
      const { fields, required, rules, atomic } = schema;
      const properties = Object.entries(fields).map(([key, field]) => [key, openApi(field)]);
      return {
        description,
        type,
        ...(properties.length > 0 ? { properties: Object.fromEntries(properties) } : {}),
        ...(required.length > 0 ? { required } : {}),
        ...(atomic ? { 'x-kubernetes-map-type': 'atomic' } : {}),
        ...(rules.length > 0
          ? { 'x-kubernetes-validations': rules.map(({ cel, message }) => ({ rule: cel, message })) }
          : {}),
      };
    }
    default:
      return schema satisfies never;
  }
}
