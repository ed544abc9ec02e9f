import type { FailureCode, Problem } from '../core/failure.ts';
import type { RegistriesConfig } from '../core/registry-endpoint.ts';

export type ParsedRegistries =
  | { readonly ok: true; readonly config: RegistriesConfig; readonly warnings: readonly Problem[] }
  | { readonly ok: false; readonly problems: readonly Problem[]; readonly warnings: readonly Problem[] };

/** Upstream's other keys, and what happens in their place. */
export const UNUSED_KEYS: Readonly<Record<string, string>> = {
  credsexpire: 'credentials are read again in every cycle',
  limit: 'requests are bounded by number at a time, not per second',
  tagsortmode: 'the order of a tag list is never taken for an order in time',
  ca_file: 'certificates are checked against the system and NODE_EXTRA_CA_CERTS',
  ca_data: 'certificates are checked against the system and NODE_EXTRA_CA_CERTS',
};

/** Collects what is wrong, so that all of it is told at once. */
export class Report {
  readonly #problems: Problem[] = [];
  readonly #warnings: Problem[] = [];
  readonly #unused = new Map<string, string[]>();

  problem(object: string, message: string, fix: string): void {
    this.#problems.push({ code: 'CONFIG_INVALID', object, message, fix });
  }

  unknownKey(object: string, message: string, fix: string): void {
    this.#problems.push({ code: 'CONFIG_UNKNOWN_KEY', object, message, fix });
  }

  warning(code: FailureCode, object: string, message: string, fix: string): void {
    this.#warnings.push({ code, object, message, fix });
  }

  unused(key: string, path: string): void {
    this.#unused.set(key, [...(this.#unused.get(key) ?? []), path]);
  }

  warnUnused(): void {
    for (const [key, paths] of this.#unused) {
      const message = `${key} is not used yet: ${UNUSED_KEYS[key]}`;
      this.warning(
        'SETTING_UNUSED',
        paths.map((path) => `${path}.${key}`).join(', '),
        message,
        `remove ${key}, or leave it`,
      );
    }
  }

  refused(): ParsedRegistries {
    return { ok: false, problems: this.#problems, warnings: this.#warnings };
  }

  outcome(config: RegistriesConfig): ParsedRegistries {
    return this.#problems.length > 0 ? this.refused() : { ok: true, config, warnings: this.#warnings };
  }
}
