import type { ByteText } from './byte-text.ts';
import type { NumberLiteral } from './number-literal.ts';

/** What a template is made of. `at` is the byte of the template that an error about this part points to. */
export type Statement =
  | { readonly kind: 'text'; readonly text: ByteText }
  | { readonly kind: 'action'; readonly pipeline: Pipeline }
  | BranchStatement
  | CallStatement
  | { readonly kind: 'break' }
  | { readonly kind: 'continue' };

export interface BranchStatement {
  readonly kind: 'if' | 'with' | 'range';
  readonly pipeline: Pipeline;
  readonly body: readonly Statement[];
  /** What stands behind `else`; `else if` is an `if` in here. */
  readonly otherwise: readonly Statement[] | undefined;
}

/** `{{template "name" pipeline}}`, and what remains of a `{{block}}`. */
export interface CallStatement {
  readonly kind: 'template';
  readonly at: number;
  readonly name: ByteText;
  readonly pipeline: Pipeline | undefined;
}

export interface Pipeline {
  readonly kind: 'pipeline';
  readonly at: number;
  /** `=` rather than `:=`. */
  readonly assigns: boolean;
  /** What it declares or assigns, with the dollar sign: one, or two in a range. */
  readonly variables: readonly ByteText[];
  readonly commands: readonly Command[];
}

/** An operand, or a function with its arguments. */
export interface Command {
  readonly kind: 'command';
  readonly at: number;
  readonly first: Operand;
  readonly rest: readonly Operand[];
}

export type Operand =
  | { readonly kind: 'function'; readonly at: number; readonly name: ByteText }
  | { readonly kind: 'dot'; readonly at: number }
  | { readonly kind: 'nil'; readonly at: number }
  | { readonly kind: 'field'; readonly at: number; readonly path: readonly ByteText[] }
  | { readonly kind: 'variable'; readonly at: number; readonly name: ByteText; readonly path: readonly ByteText[] }
  | ChainOperand
  | { readonly kind: 'bool'; readonly at: number; readonly value: boolean }
  | { readonly kind: 'number'; readonly at: number; readonly text: ByteText; readonly value: NumberLiteral }
  | { readonly kind: 'string'; readonly at: number; readonly quoted: ByteText; readonly value: ByteText }
  | Pipeline;

/** Fields of what a function or a parenthesised pipeline gives. */
interface ChainOperand {
  readonly kind: 'chain';
  readonly at: number;
  readonly of: Operand;
  readonly path: readonly ByteText[];
}

/** A parsed template: its own text and the templates it defines, by name. */
export interface Template {
  readonly name: ByteText;
  readonly source: ByteText;
  readonly definitions: ReadonlyMap<ByteText, readonly Statement[]>;
}
