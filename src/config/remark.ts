import type { Problem } from '../core/failure.ts';
import type { FieldPath } from '../core/field-path.ts';

/** What is wrong with a setting. */
export interface Remark extends Omit<Problem, 'object' | 'location'> {
  /** Whose setting it is; an Application's own may stand in the way of many of its images. */
  readonly scope: 'application' | 'image';
  /** The field to blame, from the root of the object that is read. */
  readonly path?: FieldPath;
}

/** A setting, read: its value, or everything that is wrong with it. */
export type Checked<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly remarks: readonly Remark[] };

export function checked<T>(value: T): Checked<T> {
  return { ok: true, value };
}

export function refused(...remarks: readonly Remark[]): { readonly ok: false; readonly remarks: readonly Remark[] } {
  return { ok: false, remarks };
}

/** The remarks of several settings, read side by side, so that all are named at once. */
export function remarksOf(settings: readonly Checked<unknown>[]): readonly Remark[] {
  return settings.flatMap((setting) => (setting.ok ? [] : setting.remarks));
}
