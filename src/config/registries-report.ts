import type { FailureCode, Problem } from '../core/failure.ts';
import type { RegistriesConfig } from '../core/registry-endpoint.ts';

export type ParsedRegistries =
  | { readonly ok: true; readonly config: RegistriesConfig; readonly warnings: readonly Problem[] }
  | { readonly ok: false; readonly problems: readonly Problem[]; readonly warnings: readonly Problem[] };

/** Collects what is wrong, so that all of it is told at once. */
export class Report {
  readonly #problems: Problem[] = [];
  readonly #warnings: Problem[] = [];

  problem(object: string, message: string, fix: string): void {
    this.#problems.push({ code: 'CONFIG_INVALID', object, message, fix });
  }

  unknownKey(object: string, message: string, fix: string): void {
    this.#problems.push({ code: 'CONFIG_UNKNOWN_KEY', object, message, fix });
  }

  warning(code: FailureCode, object: string, message: string, fix: string): void {
    this.#warnings.push({ code, object, message, fix });
  }

  refused(): ParsedRegistries {
    return { ok: false, problems: this.#problems, warnings: this.#warnings };
  }

  outcome(config: RegistriesConfig): ParsedRegistries {
    return this.#problems.length > 0 ? this.refused() : { ok: true, config, warnings: this.#warnings };
  }
}
