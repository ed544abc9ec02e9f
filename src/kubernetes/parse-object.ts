import { isUntyped, type Untyped } from '../core/untyped.ts';

/** A JSON object; undefined for anything else. */
export function parseObject(text: string): Untyped | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isUntyped(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
