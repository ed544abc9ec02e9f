import { type Parsed, parsed, unparsable } from './parsed.ts';

const TRUE = new Set(['1', 't', 'T', 'TRUE', 'true', 'True']);
const FALSE = new Set(['0', 'f', 'F', 'FALSE', 'false', 'False']);

/**
 * A boolean as upstream and Argo CD read them.
 * @see https://pkg.go.dev/strconv#ParseBool
 */
export function parseGoBoolean(text: string): Parsed<boolean> {
  if (TRUE.has(text)) return parsed(true);
  if (FALSE.has(text)) return parsed(false);
  return unparsable(`"${text}" is neither "true" nor "false"`);
}
