import { type Command, Option } from 'commander';
import type { Setting, SettingCommand } from '../config/settings/setting.ts';
import type { Given } from '../config/settings/settings.ts';
import { SETTINGS } from '../config/settings/settings-catalogue.ts';

type WithFlag = Setting & { readonly flag: string };

/** Heads the flags of settings that do nothing yet, in help. */
export const UNUSED_HEADING = 'Accepted, not used yet:';

/** Adds the flags of a command's settings. Their texts are taken as they are; settings are checked all together. */
export function addSettingFlags(command: Command, name: SettingCommand): void {
  for (const setting of settingsOf(name)) command.addOption(flagOf(setting, name));
}

/** What the flags of a parsed command say, as it was written. */
export function givenByFlags(command: Command, name: SettingCommand): Given[] {
  const texts: Readonly<Record<string, unknown>> = command.opts();
  return settingsOf(name).flatMap((setting): Given[] => {
    const attribute = new Option(setting.flag).attributeName();
    const text = texts[attribute];
    if (command.getOptionValueSource(attribute) !== 'cli' || typeof text !== 'string') return [];
    return [{ setting, source: 'flag', name: setting.flag, object: setting.flag, text }];
  });
}

function settingsOf(name: SettingCommand): WithFlag[] {
  return SETTINGS.filter(
    (setting): setting is WithFlag => setting.flag !== undefined && setting.commands.includes(name),
  );
}

function flagOf(setting: WithFlag, name: SettingCommand): Option {
  const { flag, kind, meaning, state } = setting;
  const text = setting.defaults?.[name] ?? setting.default;
  const isBoolean = kind.placeholder === undefined;
  const option = new Option(isBoolean ? flag : `${flag} ${kind.placeholder}`, meaning);
  // Commander reads this from the placeholder, which a flag that may stand alone shall not show.
  option.optional = isBoolean;
  if (text !== 'false') option.default(text, setting.defaultNote ?? text);
  if (kind.values) option.choices(kind.values);
  if (state.kind !== 'used') option.helpGroup(UNUSED_HEADING);
  return option.argParser((text: string, before: string | undefined) =>
    kind.separator === undefined || before === undefined ? text : `${before}${kind.separator}${text}`,
  );
}
