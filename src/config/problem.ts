import type { Problem } from '../core/failure.ts';
import type { Origin } from '../core/origin.ts';
import type { Remark } from './remark.ts';

/** A remark on a setting of the object that was read from `origin`, as a problem. */
export function problemIn(object: string, origin: Origin | undefined, { code, message, fix, path }: Remark): Problem {
  const location = path && { path, ...(origin ? { origin } : {}) };
  return { code, object, message, fix, ...(location ? { location } : {}) };
}
