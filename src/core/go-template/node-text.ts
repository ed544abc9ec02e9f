import type { ByteText } from './byte-text.ts';
import { quote } from './quote.ts';
import type { CallStatement, Command, Operand, Pipeline } from './syntax.ts';

/** What an error can be about. */
export type Place = Operand | Command | CallStatement;

/** A part of a template in Go's own spelling, as error texts show it between "<" and ">". */
export function nodeText(node: Place): ByteText {
  switch (node.kind) {
    case 'function':
      return node.name;
    case 'dot':
      return '.';
    case 'nil':
      return 'nil';
    case 'field':
      return node.path.map((name) => `.${name}`).join('');
    case 'variable':
      return [node.name, ...node.path].join('.');
    case 'chain':
      return [argumentText(node.of), ...node.path].join('.');
    case 'bool':
      return String(node.value);
    case 'number':
      return node.text;
    case 'string':
      return node.quoted;
    case 'pipeline':
      return pipelineText(node);
    case 'command':
      return [node.first, ...node.rest].map(argumentText).join(' ');
    case 'template':
      return `{{template ${quote(node.name)}${node.pipeline ? ` ${pipelineText(node.pipeline)}` : ''}}}`;
    default:
      return node satisfies never;
  }
}

function argumentText(operand: Operand): ByteText {
  return operand.kind === 'pipeline' ? `(${nodeText(operand)})` : nodeText(operand);
}

function pipelineText({ variables, assigns, commands }: Pipeline): ByteText {
  const target = variables.length === 0 ? '' : `${variables.join(', ')} ${assigns ? '=' : ':='} `;
  return target + commands.map(nodeText).join(' | ');
}
