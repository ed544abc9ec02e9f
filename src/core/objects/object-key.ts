import { mappingAt, textAt, type Untyped } from '../untyped.ts';

/** Namespace and name as an API server gives them; "" for what is not there. */
export function keyOf(object: Untyped): { readonly namespace: string; readonly name: string } {
  const metadata = mappingAt(object, 'metadata');
  return { namespace: textAt(metadata, 'namespace') ?? '', name: textAt(metadata, 'name') ?? '' };
}

/** The same as "namespace/name". */
export function idOf(object: Untyped): string {
  const { namespace, name } = keyOf(object);
  return `${namespace}/${name}`;
}
