import type { FieldPath } from './field-path.ts';

/** The way to a field as RFC 6901 writes it: "/spec/sources/1/helm/parameters/-". */
export function formatJsonPointer(path: FieldPath): string {
  return path.map((step) => `/${String(step).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}
