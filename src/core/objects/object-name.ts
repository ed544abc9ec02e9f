import { type Parsed, parsed, unparsable } from '../parsed.ts';
import { mappingAt, textAt, type Untyped } from '../untyped.ts';

// RFC 1123 as Kubernetes applies it: subdomain for names, label for namespaces.
const LABEL = '[a-z0-9](?:[-a-z0-9]*[a-z0-9])?';
const NAME = new RegExp(`^${LABEL}(?:\\.${LABEL})*$`);
const NAMESPACE = new RegExp(`^${LABEL}$`);

/**
 * The namespace and name of a manifest, such as Kubernetes allows them. Names become parts of file names, so this is
 * also what keeps a slash out of those.
 */
export function parseObjectName(
  object: Untyped,
  defaultNamespace: string,
): Parsed<{ readonly namespace: string; readonly name: string }> {
  const metadata = mappingAt(object, 'metadata');
  const name = textAt(metadata, 'name');
  if (!name) return unparsable('metadata.name is missing');
  if (name.length > 253 || !NAME.test(name)) {
    return unparsable('metadata.name is not a Kubernetes name (lower-case letters, digits, "-" and ".")');
  }
  const namespace = textAt(metadata, 'namespace') || defaultNamespace;
  if (namespace.length > 63 || !NAMESPACE.test(namespace)) {
    return unparsable('metadata.namespace is not a Kubernetes namespace (lower-case letters, digits and "-")');
  }
  return parsed({ namespace, name });
}
