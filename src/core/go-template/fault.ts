import { type ByteText, fromBytes } from './byte-text.ts';

/** Why a template has no text. */
export interface TemplateProblem {
  /** Whether it could not be read, whatever the data, or came to an end with this data. */
  readonly phase: 'parse' | 'execute';
  /** As Go words it: `template: commitMessage:1:2: executing "commitMessage" at <.X>: can't evaluate field X ...`. */
  readonly message: string;
  /** From 1. */
  readonly line: number;
  /** In characters, from 1; the column in Go's own text counts bytes from 0, and only errors of execution have one. */
  readonly column: number;
}

/** Ends the reading or the execution of a template, however deep inside; caught where this folder ends. */
export class TemplateFault extends Error {
  readonly problem: TemplateProblem;
  constructor(
    phase: TemplateProblem['phase'],
    message: ByteText,
    at: { readonly line: number; readonly column: number },
  ) {
    const text = fromBytes(message);
    super(text);
    this.problem = { phase, message: text, line: at.line, column: at.column };
  }
}

/** Where a byte of the template stands: the line from 1, the byte in it from 0, the character in it from 1. */
export function locate(
  source: ByteText,
  at: number,
): { readonly line: number; readonly byte: number; readonly column: number } {
  const before = source.slice(0, at);
  const lineStart = before.lastIndexOf('\n') + 1;
  return {
    line: before.split('\n').length,
    byte: at - lineStart,
    column: fromBytes(before.slice(lineStart)).length + 1,
  };
}
