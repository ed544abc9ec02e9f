import type { CycleSettings } from '../config/settings/cycle-settings.ts';
import type { ConfigurationSettings } from '../controller/configure.ts';

/** How Applications are configured, as the settings say. */
export function configurationSettings(
  { annotations, platforms, writeBack }: CycleSettings,
  reachesApplications: boolean,
): ConfigurationSettings {
  return { annotations, defaultPlatforms: platforms, writeBackDefault: writeBack, reachesApplications };
}
