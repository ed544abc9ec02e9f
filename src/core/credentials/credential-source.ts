import { type Parsed, parsed, unparsable } from '../parsed.ts';

/** Where a registry's user and password are kept. Never the password itself. */
export type CredentialSource =
  | { readonly kind: 'env'; readonly variable: string }
  | { readonly kind: 'secret'; readonly namespace: string; readonly name: string; readonly field: string }
  | { readonly kind: 'pullsecret'; readonly namespace: string; readonly name: string }
  | { readonly kind: 'ext'; readonly path: string };

/** For people and logs: "secret shop/ghcr", "variable GHCR". */
export function describeCredentialSource(source: CredentialSource): string {
  switch (source.kind) {
    case 'env':
      return `variable ${source.variable}`;
    case 'secret':
      return `Secret ${source.namespace}/${source.name}, field ${source.field}`;
    case 'pullsecret':
      return `pull Secret ${source.namespace}/${source.name}`;
    case 'ext':
      return `script ${source.path}`;
    default:
      return source satisfies never;
  }
}

// Problems never repeat the text: somebody who misunderstood the setting put a password there.
const KINDS = 'env:VARIABLE, secret:namespace/name#field, pullsecret:namespace/name or ext:/path';

/**
 * Upstream's credential text (reference part 1, 5.1): `[registry=]type:rest`, the type in any case. The registry part
 * says nothing: the setting's place already says which registry is meant.
 */
export function parseCredentialSource(text: string): Parsed<CredentialSource> {
  const [, definition = text] = /^[^=]+=(.+)$/s.exec(text) ?? [];
  const [type = '', rest = '', ...more] = definition.split(':');
  if (rest === '' || more.length > 0) return unparsable(`is not a credential source (${KINDS})`);
  switch (type.toLowerCase()) {
    case 'env':
      return parsed({ kind: 'env', variable: rest });
    case 'secret':
      return parseSecret(rest);
    case 'pullsecret':
      return parsePullSecret(rest);
    case 'ext':
      if (!rest.startsWith('/')) return unparsable('ext: needs the absolute path of a script');
      return parsed({ kind: 'ext', path: rest });
    default:
      return unparsable(`does not begin with a kind of credentials (${KINDS})`);
  }
}

function parseSecret(rest: string): Parsed<CredentialSource> {
  const [, namespace, name, field] = /^([^/#]+)\/([^/#]+)#([^/#]+)$/.exec(rest) ?? [];
  if (namespace === undefined || name === undefined || field === undefined) {
    return unparsable('must read secret:namespace/name#field');
  }
  return parsed({ kind: 'secret', namespace, name, field });
}

function parsePullSecret(rest: string): Parsed<CredentialSource> {
  const [, namespace, name] = /^([^/]+)\/([^/]+)$/.exec(rest) ?? [];
  if (namespace === undefined || name === undefined) {
    return unparsable('must read pullsecret:namespace/name');
  }
  return parsed({ kind: 'pullsecret', namespace, name });
}
