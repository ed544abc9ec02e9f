import type { Budget } from './budget.ts';
import type { ByteText } from './byte-text.ts';
import { PLAIN } from './format-spec.ts';
import { formatValue } from './format-value.ts';
import { type GoValue, unbox } from './value.ts';

/** fmt.Sprint: a blank between two operands of which neither is a string. */
export function print(operands: readonly GoValue[], budget: Budget): ByteText {
  const out = budget.writer();
  let afterString = true;
  for (const operand of operands) {
    const isString = unbox(operand).kind === 'string';
    if (!isString && !afterString) out.write(' ');
    formatValue(operand, 'v', PLAIN, out);
    afterString = isString;
  }
  return out.text();
}

/** fmt.Sprintln: blanks between all operands, and a line end. */
export function println(operands: readonly GoValue[], budget: Budget): ByteText {
  const out = budget.writer();
  for (const [index, operand] of operands.entries()) {
    if (index > 0) out.write(' ');
    formatValue(operand, 'v', PLAIN, out);
  }
  out.write('\n');
  return out.text();
}
