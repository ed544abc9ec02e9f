import { DEFAULT_LIMITS, OpenForges } from '../forges/open-forges.ts';
import type { Forges } from '../ports/forge.ts';
import { around } from './around.ts';

export function openWiredForges(): Forges {
  return new OpenForges({ around: { ...around, now: around.nowMs }, limits: DEFAULT_LIMITS });
}
