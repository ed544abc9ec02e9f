import type { TextWriter } from './budget.ts';
import type { ByteText } from './byte-text.ts';
import { formatBool, formatFloat, formatInteger, formatString } from './format-scalar.ts';
import { type FormatSpec, pad } from './format-spec.ts';
import {
  type GoValue,
  type MapValue,
  type SliceValue,
  type StructValue,
  sortedEntries,
  typeName,
  unbox,
} from './value.ts';

type Scalar = Extract<GoValue, { kind: 'bool' | 'int' | 'uint8' | 'float64' | 'complex128' | 'string' }>;

/** Writes a value with a verb ("v", "d", ...) as Go's fmt does with an operand of Printf. */
export function formatValue(operand: GoValue, verb: ByteText, spec: FormatSpec, out: TextWriter): void {
  const value = unbox(operand);
  if (value.kind === 'nil' && (verb === 'v' || verb === 'T')) out.write(pad('<nil>', spec));
  else if (value.kind === 'nil' || verb === 'w' || verb === 'p') formatBadVerb(value, verb, spec, out);
  else if (verb === 'T') out.write(formatString(typeName(value), 's', spec) ?? '');
  else formatDeep(value, verb, spec, out);
}

/** `%!d(string=x)`: the verb is not for this type. */
function formatBadVerb(value: GoValue, verb: ByteText, spec: FormatSpec, out: TextWriter): void {
  out.write(`%!${verb}(`);
  if (value.kind === 'nil') {
    out.write('<nil>');
  } else {
    out.write(`${typeName(value)}=`);
    formatDeep(value, 'v', spec, out);
  }
  out.write(')');
}

function formatDeep(value: GoValue, verb: ByteText, spec: FormatSpec, out: TextWriter): void {
  switch (value.kind) {
    case 'nil':
      out.write('<nil>');
      return;
    case 'interface':
      if (value.value.kind === 'nil') out.write(spec.sharpV ? 'interface {}(nil)' : '<nil>');
      else formatDeep(value.value, verb, spec, out);
      return;
    case 'slice':
      formatSlice(value, verb, spec, out);
      return;
    case 'map':
      formatMap(value, verb, spec, out);
      return;
    case 'struct':
      formatStruct(value, verb, spec, out);
      return;
    default: {
      const text = formatScalar(value, verb, spec);
      if (text === undefined) formatBadVerb(value, verb, spec, out);
      else out.write(text);
    }
  }
}

function formatScalar(value: Scalar, verb: ByteText, spec: FormatSpec): ByteText | undefined {
  switch (value.kind) {
    case 'bool':
      return formatBool(value.value, verb, spec);
    case 'int':
    case 'uint8':
      return formatInteger(value.value, value.kind, verb, spec);
    case 'float64':
      return formatFloat(value.value, verb, spec);
    case 'complex128': {
      const real = formatFloat(value.real, verb, spec);
      const imaginary = formatFloat(value.imaginary, verb, { ...spec, plus: true });
      return real === undefined || imaginary === undefined ? undefined : `(${real}${imaginary}i)`;
    }
    case 'string':
      return formatString(value.value, verb, spec);
    default:
      return value satisfies never;
  }
}

function formatSlice(value: SliceValue, verb: ByteText, spec: FormatSpec, out: TextWriter): void {
  const parts = (value.items ?? []).map((item) => () => formatDeep(item, verb, spec, out));
  formatParts(value, value.items === undefined, parts, ['[', ']'], spec, out);
}

function formatMap(value: MapValue, verb: ByteText, spec: FormatSpec, out: TextWriter): void {
  const parts = sortedEntries(value).map(([key, item]) => () => {
    formatDeep({ kind: 'string', value: key }, verb, spec, out);
    out.write(':');
    formatDeep(item, verb, spec, out);
  });
  formatParts(value, value.entries === undefined, parts, ['map[', ']'], spec, out);
}

function formatStruct(value: StructValue, verb: ByteText, spec: FormatSpec, out: TextWriter): void {
  const parts = value.type.fields.flatMap(({ name, isOurs }, index) => {
    if (isOurs) return [];
    const write = () => {
      if (spec.plusV || spec.sharpV) out.write(`${name}:`);
      formatDeep(value.fields[index] ?? { kind: 'nil' }, verb, spec, out);
    };
    return [write];
  });
  formatParts(value, false, parts, ['{', '}'], spec, out);
}

/** The parts of a container between brackets; as Go source between braces behind the name of the type. */
function formatParts(
  value: SliceValue | MapValue | StructValue,
  isNil: boolean,
  parts: readonly (() => void)[],
  [open, close]: readonly [open: string, close: string],
  { sharpV }: FormatSpec,
  out: TextWriter,
): void {
  if (sharpV && isNil) {
    out.write(`${typeName(value)}(nil)`);
    return;
  }
  out.write(sharpV ? `${typeName(value)}{` : open);
  for (const [index, part] of parts.entries()) {
    if (index > 0) out.write(sharpV ? ', ' : ' ');
    part();
  }
  out.write(sharpV ? '}' : close);
}
