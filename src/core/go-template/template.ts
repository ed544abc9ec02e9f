import { fromBytes, toBytes } from './byte-text.ts';
import { execute } from './executor.ts';
import { TemplateFault, type TemplateProblem } from './fault.ts';
import { parse } from './parser.ts';
import type { Template } from './syntax.ts';
import type { GoValue } from './value.ts';

export type { TemplateProblem } from './fault.ts';
export type { Template } from './syntax.ts';

export type ParsedTemplate =
  | { readonly ok: true; readonly template: Template }
  | { readonly ok: false; readonly problem: TemplateProblem };

export type Rendered =
  | { readonly ok: true; readonly text: string }
  | { readonly ok: false; readonly problem: TemplateProblem };

/** 256 KiB: more than a ConfigMap's usual share, little enough to read at once. */
const MAX_SOURCE_BYTES = 256 * 1024;

/**
 * Reads a template of Go's text/template, with the functions that come with it and no others.
 * @param name  the template's own, as error texts show it
 * @see Go 1.26, text/template; departures: no methods and no functions in data, nesting to 250 levels
 */
export function parseTemplate(name: string, text: string): ParsedTemplate {
  const source = toBytes(text);
  if (source.length > MAX_SOURCE_BYTES) {
    const message = `template: ${name}:1: the template is longer than ${MAX_SOURCE_BYTES} bytes`;
    return { ok: false, problem: { phase: 'parse', message, line: 1, column: 1 } };
  }
  const result = caught(() => parse(toBytes(name), source));
  return result.ok ? { ok: true, template: result.value } : result;
}

/**
 * Fills in a template. It sees the data and nothing else, and ends: after a million steps, at 1 MiB of text, or 500
 * levels deep at the latest, each with an error of execution.
 */
export function renderTemplate(template: Template, data: GoValue): Rendered {
  const result = caught(() => execute(template, data));
  return result.ok ? { ok: true, text: fromBytes(result.value) } : result;
}

function caught<T>(
  work: () => T,
): { readonly ok: true; readonly value: T } | { readonly ok: false; readonly problem: TemplateProblem } {
  try {
    return { ok: true, value: work() };
  } catch (error) {
    if (error instanceof TemplateFault) return { ok: false, problem: error.problem };
    throw error;
  }
}
