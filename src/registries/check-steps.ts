import { Failure } from '../core/failure.ts';
import { withoutCredentials } from '../core/redact.ts';
import { CHECK_STEPS, type CheckStep, type CheckStepName } from '../core/registry-check.ts';

/** What a step came to: what was found with what the next ones need, or why there was nothing to look at. */
export type Found<T> =
  | { readonly kind: 'found'; readonly value: T; readonly detail: string }
  | { readonly kind: 'skipped'; readonly detail: string };

/** The steps of one check as they are taken. Once one has failed, the others are skipped. */
export class CheckSteps {
  readonly #taken = new Map<CheckStepName, CheckStep>();
  #failure: { readonly step: CheckStepName; readonly error: Failure } | undefined;

  /** Why it went no further. */
  get failure(): Failure | undefined {
    return this.#failure?.error;
  }

  /** The same steps, to be gone on with in another way. */
  fork(): CheckSteps {
    const fork = new CheckSteps();
    for (const step of this.#taken.values()) fork.set(step);
    return fork;
  }

  /**
   * @returns undefined when there is nothing to go on with
   * @throws what is no Failure, and ABORTED
   */
  async take<T>(step: CheckStepName, look: () => Promise<Found<T>>): Promise<T | undefined> {
    if (this.#failure !== undefined) return undefined;
    try {
      const found = await look();
      const status = found.kind === 'found' ? 'ok' : 'skipped';
      this.set({ step, status, detail: found.detail, fix: null });
      return found.kind === 'found' ? found.value : undefined;
    } catch (error) {
      if (!(error instanceof Failure) || error.code === 'ABORTED') throw error;
      this.#failure = { step, error };
      this.set({ step, status: 'failed', detail: error.message, fix: error.fix });
      return undefined;
    }
  }

  set({ step, status, detail, fix }: CheckStep): void {
    const shownFix = fix === null ? null : withoutCredentials(fix);
    this.#taken.set(step, { step, status, detail: withoutCredentials(detail), fix: shownFix });
  }

  /** Every step there is; those that were not taken say why. */
  all(): readonly CheckStep[] {
    const failed = this.#failure?.step;
    const detail = failed === undefined ? 'only an image is checked for this' : `not reached: ${failed} failed`;
    return CHECK_STEPS.map((step) => this.#taken.get(step) ?? { step, status: 'skipped', detail, fix: null });
  }
}
