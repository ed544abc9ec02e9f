import type { SettingCommand } from './setting.ts';
import { type Given, settledBy } from './settings.ts';
import { CATALOGUE } from './settings-catalogue.ts';

/**
 * What every command settles that looks only when somebody asks: nothing by time and nothing because it has changed, and
 * beside whoever leads, because events reach one process only.
 */
export function lookingWhenAsked(command: SettingCommand): readonly Given[] {
  return [settledBy(command, CATALOGUE.interval, '-1s'), settledBy(command, CATALOGUE.leaderElection, 'false')];
}
