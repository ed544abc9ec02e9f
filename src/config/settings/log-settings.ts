import type { LogSettings } from '../../core/log-line.ts';
import type { Settings } from './settings.ts';
import { CATALOGUE } from './settings-catalogue.ts';

/**
 * How a log is written; undefined where people are meant to read instead: outside a cluster, as long as nobody asks for
 * a log by its format or its level.
 */
export function logSettings(settings: Settings, place: 'cluster' | 'stand-alone'): LogSettings | undefined {
  const { logFormat, logLevel } = CATALOGUE;
  const isAskedFor = [logFormat, logLevel].some((setting) => settings.given(setting) !== undefined);
  if (place === 'stand-alone' && !isAskedFor) return undefined;
  return { format: settings.valueOf(logFormat), level: settings.valueOf(logLevel) };
}
