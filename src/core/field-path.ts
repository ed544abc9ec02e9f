/** The way to a field from an object's root: keys, and indexes of lists. */
export type FieldPath = readonly (string | number)[];

/** `spec.applicationRefs[0].images[1].alias`; a key that is no plain word as in `metadata.annotations["a.io/b"]`. */
export function formatFieldPath(path: FieldPath): string {
  return path
    .map((step) => (typeof step === 'string' && /^[\w-]+$/.test(step) ? `.${step}` : `[${JSON.stringify(step)}]`))
    .join('')
    .replace(/^\./, '');
}
