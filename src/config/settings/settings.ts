import type { Problem } from '../../core/failure.ts';
import type { FieldLocation } from '../../core/origin.ts';
import type { SettingSource } from './kinds.ts';
import type { Setting, SettingCommand } from './setting.ts';

/** A value that somebody gave, as it was written. */
export interface Given {
  readonly setting: Setting;
  readonly source: SettingSource;
  /** "--interval", "IMAGE_UPDATER_INTERVAL", "interval": for a list of several. */
  readonly name: string;
  /** "--interval", "ConfigMap argocd/argocd-image-updater-config interval": for a message about this one. */
  readonly object: string;
  readonly text: string;
  /** Whether the text is the content of the file that the flag names, and not its path. */
  readonly isContent?: true;
  /** Where it stands, if it was read from an object in a file. */
  readonly location?: FieldLocation;
}

/** Settings after everybody has spoken: the strongest source wins, flag over variable over key over default. */
export interface Settings {
  /** Who won, unless it is the default. */
  given(setting: Setting): Given | undefined;
  /** Undefined when nobody gave it. Not for settings that are given as content. */
  find<T>(setting: Setting<T>): T | undefined;
  /** What was given, else the default. */
  valueOf<T>(setting: Setting<T> & { readonly default: string }): T;
}

/** Settings that mean nothing, all of them; nothing is done with the others. */
export class SettingsRefused extends Error {
  override readonly name = 'SettingsRefused';
  readonly problems: readonly Problem[];
  constructor(problems: readonly Problem[]) {
    super(problems.map(({ object, message }) => `${object}: ${message}`).join('; '));
    this.problems = problems;
  }
}

const STRENGTH: Readonly<Record<SettingSource, number>> = { flag: 3, variable: 2, key: 1, command: 0 };

/**
 * Settles what was given. A bad value is refused even when a stronger source hides it, because it shows the day that
 * the stronger one goes.
 * @param found what is wrong besides
 * @throws {SettingsRefused} naming everything that is wrong
 */
export function settle(given: readonly Given[], found: readonly Problem[] = []): Settings {
  const problems = [...found, ...given.flatMap(problemsWith)];
  if (problems.length > 0) throw new SettingsRefused(problems);
  const weakestFirst = given.toSorted((a, b) => STRENGTH[a.source] - STRENGTH[b.source]);
  const winners = new Map(weakestFirst.map((one) => [one.setting, one]));
  return {
    given: (setting) => winners.get(setting),
    find: (setting) => {
      const winner = winners.get(setting);
      return winner && read(setting, winner.text, winner.source);
    },
    valueOf: (setting) => {
      const winner = winners.get(setting);
      return read(setting, winner?.text ?? setting.default, winner?.source ?? 'flag');
    },
  };
}

/** The variables of the environment that say something; an empty one says nothing, as upstream. */
export function givenByEnvironment(
  settings: readonly Setting[],
  env: Readonly<Record<string, string | undefined>>,
): Given[] {
  return settings.flatMap((setting): Given[] => {
    const { variable } = setting;
    const text = variable && env[variable];
    return variable && text ? [{ setting, source: 'variable', name: variable, object: variable, text }] : [];
  });
}

/** The defaults that a command has of its own. */
export function givenByCommand(settings: readonly Setting[], command: SettingCommand): Given[] {
  const object = `the default of tiphys ${command}`;
  return settings.flatMap((setting): Given[] => {
    const text = setting.defaults?.[command];
    return text === undefined ? [] : [{ setting, source: 'command', name: object, object, text }];
  });
}

/** What a command is, so that nobody can say otherwise. */
export function settledBy(command: SettingCommand, setting: Setting, text: string): Given {
  const name = `tiphys ${command}`;
  return { setting, source: 'flag', name, object: name, text };
}

/** Whether the command itself has settled it. */
export function isSettledBy(command: SettingCommand, setting: Setting, settings: Settings): boolean {
  return settings.given(setting)?.name === settledBy(command, setting, '').name;
}

/** One warning for everything that was given and does nothing; none when there is no such thing. */
export function unusedSettings(settings: Settings, known: readonly Setting[]): Problem[] {
  const given = known.flatMap((setting) => settings.given(setting) ?? []);
  const parts = given.flatMap(({ name, setting: { state } }) =>
    state.kind === 'needless' ? [`${name} (${state.why})`] : [],
  );
  if (parts.length === 0) return [];
  const message = `not used: ${parts.join('; ')}`;
  return [
    { code: 'SETTING_UNUSED', object: 'settings', message, fix: 'leave them; docs/settings.md says what is used' },
  ];
}

/** @throws {SettingsRefused} for a value that means something, but not here */
export function refuse(settings: Settings, setting: Setting, message: string, fix: string): never {
  const object = settings.given(setting)?.object ?? setting.flag ?? 'settings';
  throw new SettingsRefused([{ code: 'SETTING_INVALID', object, message, fix }]);
}

/** What is wrong with a value by itself. */
export function problemsWith({ setting, source, object, text, isContent, location }: Given): Problem[] {
  if (isContent) return [];
  const read = setting.kind.parse(text, source);
  if (read.ok) return [];
  const problem: Problem = {
    code: 'SETTING_INVALID',
    object,
    message: read.problem,
    fix: `write ${setting.kind.form}`,
  };
  return [location ? { ...problem, location } : problem];
}

/** A default is written as a flag would be. */
function read<T>({ kind, flag }: Setting<T>, text: string, source: SettingSource): T {
  const value = kind.parse(text, source);
  if (!value.ok) throw new Error(`${flag} was read before it was checked: ${value.problem}`);
  return value.value;
}
