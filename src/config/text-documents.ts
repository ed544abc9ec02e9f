import type { Problem } from '../core/failure.ts';
import type { Origin } from '../core/origin.ts';
import { readYamlDocuments, type YamlDocument } from '../core/yaml-documents.ts';
import { yamlPositions } from '../core/yaml-positions.ts';

/** A document of a file that somebody gave us, scalars as text. */
export interface TextDocument {
  readonly value: unknown;
  readonly origin: Origin;
}

export interface TextDocuments {
  readonly documents: readonly TextDocument[];
  /** The documents that cannot be read. */
  readonly failures: readonly Problem[];
}

/**
 * The documents of a text in YAML, JSON or JSON Lines, told apart by the content: where the first line with anything in
 * it is a mapping of its own, every line is a document.
 * @param file the file as a person knows it
 */
export function readTextDocuments(file: string, text: string): TextDocuments {
  const read = isJsonLines(text) ? readLines(file, text) : readWhole(file, text);
  return {
    documents: read.flatMap((one) => ('value' in one ? [one] : [])),
    failures: read.flatMap((one) => ('value' in one ? [] : [one])),
  };
}

function isJsonLines(text: string): boolean {
  return /^\s*\{[^\n]*\}[^\S\n]*(?:\n|$)/.test(text);
}

function readWhole(file: string, text: string): readonly (TextDocument | Problem)[] {
  const positionOf = yamlPositions(text);
  return readYamlDocuments(text).map((document, index) =>
    document.ok
      ? { value: document.value, origin: { file, positionOf: (path) => positionOf(index, path) } }
      : unreadable(file, document.line, document.column, document),
  );
}

function readLines(file: string, text: string): readonly (TextDocument | Problem)[] {
  return text.split(/\r?\n/).flatMap((line, index) => (line.trim() === '' ? [] : [readLine(file, line, index + 1)]));
}

/** YAML holds all of JSON, and keeps `1.10` from becoming a number. */
function readLine(file: string, text: string, line: number): TextDocument | Problem {
  const [document, ...more] = readYamlDocuments(text);
  if (!document?.ok) return unreadable(file, line, document?.column ?? 1, document);
  if (more.length > 0) return unreadable(file, line, 1, undefined);
  const positionOf = yamlPositions(text);
  const origin: Origin = { file, positionOf: (path) => ({ line, column: positionOf(0, path).column }) };
  return { value: document.value, origin };
}

function unreadable(file: string, line: number, column: number, document: YamlDocument | undefined): Problem {
  const problem = document?.ok === false ? document.problem : 'not one mapping';
  return {
    code: 'INPUT_UNREADABLE',
    object: `${file}:${line}:${column}`,
    message: `cannot be read: ${problem}`,
    fix: 'write YAML, JSON, or one JSON mapping on each line',
  };
}
