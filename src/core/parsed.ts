/** The result of turning text into a type that cannot be wrong. `problem` is one sentence without a final stop. */
export type Parsed<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly problem: string };

export function parsed<T>(value: T): Parsed<T> {
  return { ok: true, value };
}

export function unparsable(problem: string): { readonly ok: false; readonly problem: string } {
  return { ok: false, problem };
}
