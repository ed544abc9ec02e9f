import { type Parsed, parsed } from '../parsed.ts';
import { mappingAt, textAt, textMapAt, type Untyped } from '../untyped.ts';
import type { KeyValueObject } from './key-value-object.ts';
import { parseObjectName } from './object-name.ts';

/** A Secret as text, and the keys whose value could not be decoded and are left out. */
export interface ReadSecret {
  readonly secret: KeyValueObject;
  readonly undecodable: readonly string[];
}

/** A Secret's `data`, decoded, with `stringData` over it, as the API server stores it. */
export function parseSecret(object: Untyped, defaultNamespace: string): Parsed<ReadSecret> {
  const named = parseObjectName(object, defaultNamespace);
  if (!named.ok) return named;
  const decoded = Object.entries(textMapAt(object, 'data')).map(([key, text]) => [key, decodeBase64(text)] as const);
  const creationTimestamp = textAt(mappingAt(object, 'metadata'), 'creationTimestamp');
  const data = Object.fromEntries(decoded.filter((entry): entry is [string, string] => entry[1] !== undefined));
  return parsed({
    secret: {
      ...named.value,
      labels: textMapAt(mappingAt(object, 'metadata'), 'labels'),
      data: { ...data, ...textMapAt(object, 'stringData') },
      ...(creationTimestamp === undefined ? {} : { creationTimestamp }),
    },
    undecodable: decoded.filter(([, text]) => text === undefined).map(([key]) => key),
  });
}

export function parseConfigMap(object: Untyped, defaultNamespace: string): Parsed<KeyValueObject> {
  const named = parseObjectName(object, defaultNamespace);
  if (!named.ok) return named;
  return parsed({
    ...named.value,
    labels: textMapAt(mappingAt(object, 'metadata'), 'labels'),
    data: textMapAt(object, 'data'),
  });
}

/** Padded standard base64, line ends allowed inside; undefined for all else (a value that sops encrypted, say). */
function decodeBase64(text: string): string | undefined {
  const packed = text.replace(/[\r\n]/g, '');
  if (packed.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(packed)) return undefined;
  return Buffer.from(packed, 'base64').toString('utf8');
}
