import type { FailureCode, Problem } from '../../core/failure.ts';
import type { FieldPath } from '../../core/field-path.ts';
import type { Origin, TextPosition } from '../../core/origin.ts';
import type { RegistriesConfig } from '../../core/registry-endpoint.ts';

export type ParsedRegistries =
  | { readonly ok: true; readonly config: RegistriesConfig; readonly warnings: readonly Problem[] }
  | { readonly ok: false; readonly problems: readonly Problem[]; readonly warnings: readonly Problem[] };

/** Collects what is wrong, so that all of it is told at once; with its place in the text where an origin is known. */
export class Report {
  readonly #origin: Origin | undefined;
  readonly #problems: Problem[] = [];
  readonly #warnings: Problem[] = [];

  constructor(origin?: Origin) {
    this.#origin = origin;
  }

  problem(object: string, message: string, fix: string): void {
    this.#problems.push(this.#placed({ code: 'CONFIG_INVALID', object, message, fix }));
  }

  unknownKey(object: string, message: string, fix: string): void {
    this.#problems.push(this.#placed({ code: 'CONFIG_UNKNOWN_KEY', object, message, fix }));
  }

  warning(code: FailureCode, object: string, message: string, fix: string): void {
    this.#warnings.push(this.#placed({ code, object, message, fix }));
  }

  /** The text is no YAML, at this place. */
  broken(position: TextPosition, message: string, fix: string): void {
    const problem: Problem = { code: 'CONFIG_INVALID', object: 'registries.conf', message, fix };
    const origin = this.#origin && { file: this.#origin.file, positionOf: () => position };
    this.#problems.push(origin ? { ...problem, location: { origin, path: [] } } : problem);
  }

  refused(): ParsedRegistries {
    return { ok: false, problems: this.#problems, warnings: this.#warnings };
  }

  outcome(config: RegistriesConfig): ParsedRegistries {
    return this.#problems.length > 0 ? this.refused() : { ok: true, config, warnings: this.#warnings };
  }

  #placed(problem: Problem): Problem {
    const origin = this.#origin;
    return origin ? { ...problem, location: { origin, path: pathOf(problem.object) } } : problem;
  }
}

/** `registries[1].api_url` as a path; the file itself for anything else. */
function pathOf(object: string): FieldPath {
  const [, index, key] = /^registries\[(\d+)\](?:\.(\w+))?$/.exec(object) ?? [];
  if (index === undefined) return object === 'registries.conf' ? [] : [object];
  return ['registries', Number(index), ...(key === undefined ? [] : [key])];
}
