import { isMap, isScalar, isSeq, parseDocument } from 'yaml';

export type QuoteStyle = 'plain' | 'single' | 'double';

export interface ScalarPlace {
  /** The style to keep; plain gives way to double where the value would be read as something else. */
  readonly style: QuoteStyle;
  /** Inside `[]` or `{}`, where commas and brackets end a plain scalar. */
  readonly flow: boolean;
}

/** A value as YAML text on one line that every reader takes for exactly this string. */
export function renderScalar(value: string, { style, flow }: ScalarPlace): string {
  if (style === 'plain' && isPlainString(value, flow)) return value;
  // Only double quotes can spell line breaks and other control characters.
  if (style === 'single' && /^[\x20-\x7e\u00a0-\ud7ff\ue000-\ufefe]*$/.test(value)) {
    return `'${value.replaceAll("'", "''")}'`;
  }
  return JSON.stringify(value).replace(/[\x7f-\x9f\u2028\u2029\ufeff]/g, escapeCharacter);
}

function escapeCharacter(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

// Two dots or more never make a number or a date, in no version of YAML: most tags need no closer look.
const DOTTED = /^[0-9A-Za-z]\w*(?:\.\w[\w-]*){2,}$/;
const DIGEST = /^sha(?:256|512):[0-9a-f]{32,}$/;

// Text to this parser, but the value and merge keys of YAML 1.1 and the document markers to others.
const MARKS: ReadonlySet<string> = new Set(['=', '<<', '---', '...']);

/** Whether unquoted text is one plain string to readers of YAML 1.1 (Go, Helm, kustomize) and of YAML 1.2 alike. */
export function isPlainString(text: string, flow: boolean): boolean {
  if (DOTTED.test(text) || DIGEST.test(text)) return true;
  if (MARKS.has(text)) return false;
  return (['1.1', '1.2'] as const).every(
    (version) => readsBack(text, flow, version) && (flow || readsBackAsKey(text, version)),
  );
}

function readsBack(text: string, flow: boolean, version: '1.1' | '1.2'): boolean {
  const document = parseDocument(flow ? `[${text}]` : `- ${text}`, { version, logLevel: 'silent' });
  if (document.errors.length > 0 || !isSeq(document.contents) || document.contents.items.length !== 1) return false;
  const [item] = document.contents.items;
  return isScalar(item) && item.type === 'PLAIN' && item.value === text && !item.comment;
}

/** Text may become a key, and `a: b` as a value must not become a mapping. */
function readsBackAsKey(text: string, version: '1.1' | '1.2'): boolean {
  const document = parseDocument(`${text}: x`, { version, logLevel: 'silent' });
  if (document.errors.length > 0 || !isMap(document.contents) || document.contents.items.length !== 1) return false;
  const [pair] = document.contents.items;
  return isScalar(pair?.key) && pair.key.value === text;
}
