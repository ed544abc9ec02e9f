import { type Document, LineCounter, visit, type YAMLError } from 'yaml';
import { composeYaml, TooManyParts, type YamlBounds } from './bounded-yaml.ts';

/** One document of a YAML stream; `line` and `column` count from 1. */
export type YamlDocument =
  | { readonly ok: true; readonly line: number; readonly value: unknown }
  | { readonly ok: false; readonly line: number; readonly column: number; readonly problem: string };

/** Aliases that one document may resolve to, so that a small file cannot unfold into a huge value. */
const MAX_ALIASES = 1_000;

/** Where values keep their YAML types. */
export interface TypedParts {
  /** Below a key, for values that are handed on as data. */
  readonly below?: string;
  /** In objects of these kinds, whose schema tells a boolean from a text. */
  readonly kinds?: readonly string[];
}

/**
 * Reads a YAML or JSON text, document by document; a broken one does not hide the others. Never throws.
 * Numbers and booleans come as text, as written: `1.10` is "1.10" and `true` is "true", because in manifests a version
 * without quotes still means that version. Null stays null.
 * Problems name a place and a kind of error and never quote the text, which may be a Secret.
 * @param bounds for texts that somebody else wrote
 */
export function readYamlDocuments(text: string, typed: TypedParts = {}, bounds?: YamlBounds): readonly YamlDocument[] {
  try {
    const { documents, lines } = parseYamlDocuments(text, bounds);
    return documents.map((document) => readDocument(document, lines, typed));
  } catch (thrown) {
    return [{ ok: false, line: 1, column: 1, problem: nestingProblem(thrown) }];
  }
}

/** The documents themselves, in the order of `readYamlDocuments`. Throws what `composeYaml` throws. */
export function parseYamlDocuments(
  text: string,
  bounds?: YamlBounds,
): {
  readonly documents: readonly Document.Parsed[];
  readonly lines: LineCounter;
} {
  const lines = new LineCounter();
  const options = {
    lineCounter: lines,
    prettyErrors: false,
    logLevel: 'silent',
    merge: true,
    // Refuses `name: {{ .Values.name }}`, which is a flow map inside a flow map to YAML and a template to everybody.
    stringKeys: true,
  } as const;
  return { documents: composeYaml(text, options, bounds), lines };
}

function readDocument(document: Document.Parsed, lines: LineCounter, typed: TypedParts): YamlDocument {
  const [error] = document.errors;
  if (error) {
    const { line, col } = lines.linePos(error.pos[0]);
    return { ok: false, line, column: col, problem: kindOf(error) };
  }
  const { line, col } = lines.linePos(document.contents?.range[0] ?? document.range[0]);
  try {
    keepAsWritten(document, typed);
    return { ok: true, line, value: document.toJS({ maxAliasCount: MAX_ALIASES }) };
  } catch (thrown) {
    return { ok: false, line, column: col, problem: nestingProblem(thrown) };
  }
}

function keepAsWritten(document: Document.Parsed, { below, kinds = [] }: TypedParts): void {
  visit(document, {
    Map: (_, map) => (kinds.includes(String(map.get('kind'))) ? visit.SKIP : undefined),
    Pair: (_, pair) => (below !== undefined && String(pair.key) === below ? visit.SKIP : undefined),
    Scalar: (_, scalar) => {
      if (typeof scalar.value === 'number' || typeof scalar.value === 'boolean') {
        scalar.value = scalar.source ?? String(scalar.value);
      }
    },
  });
}

/** "BAD_INDENT" as "bad indent". The library's own message is longer, but quotes the text. */
function kindOf(error: YAMLError): string {
  return error.code.toLowerCase().replaceAll('_', ' ');
}

/** The ways in which a hostile text ends the library: too large, too deep for the stack, too many aliases. */
function nestingProblem(thrown: unknown): string {
  if (thrown instanceof TooManyParts) return thrown.message;
  if (thrown instanceof RangeError) return 'nested too deeply';
  if (thrown instanceof ReferenceError) return 'an alias without anchor, or too many aliases';
  throw thrown;
}
