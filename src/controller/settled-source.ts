import { isDeepStrictEqual } from 'node:util';
import { scopeSettings } from '../config/settings/cycle-settings.ts';
import { type Given, problemsWith, type Settings, settle, unusedSettings } from '../config/settings/settings.ts';
import { CATALOGUE, SETTINGS } from '../config/settings/settings-catalogue.ts';
import { givenByObjects } from '../config/settings/settings-objects.ts';
import type { Scope } from '../core/applications/scope.ts';
import type { Problem } from '../core/failure.ts';
import type { ApplicationSource, Applications } from '../ports/application-source.ts';
import { narrow } from './narrow.ts';

export interface SettledSource {
  readonly settings: Settings;
  readonly source: ApplicationSource;
}

/** The same, with what there is to say about the settings themselves. */
export interface OpenedSource<Opened> extends SettledSource {
  readonly opened: Opened;
  readonly news: readonly Problem[];
}

/** What the settings say of where an input is looked for; asked for at every load, because the input may hold some. */
export interface Whereabouts {
  /** Of objects that name none, and of Argo CD's own. */
  argocdNamespace(): string;
  /** Of Applications and ImageUpdaters; undefined when nothing says so. */
  watchedNamespaces(): Scope['watchedNamespaces'] | undefined;
}

/**
 * Settles the settings, of which some may be kept in the input itself: in upstream's ConfigMap and Secret. They are
 * read once, as upstream does. What the settings leave out of their scope, no load shows.
 * @param given by flags and variables
 * @throws {SettingsRefused} naming every bad value, wherever it was given
 */
export async function openSettled<Opened extends ApplicationSource>(
  open: (where: Whereabouts) => Opened,
  given: readonly Given[],
  signal: AbortSignal,
): Promise<OpenedSource<Opened>> {
  let where = whereabouts(settleRight(given));
  const source = open({
    argocdNamespace: () => where.argocdNamespace,
    watchedNamespaces: () => where.watchedNamespaces,
  });
  const first = await source.load(signal);
  const objects = givenByObjects(first, where.argocdNamespace);
  const settings = settle([...given, ...objects.given], objects.problems);
  const news = [...objects.warnings, ...unusedSettings(settings, SETTINGS)];
  const scope = scopeSettings(settings);
  const settled = whereabouts(settings);
  // Elsewhere than was thought it is read anew.
  let loaded: Applications | undefined = isDeepStrictEqual(settled, where) ? first : undefined;
  where = settled;
  return {
    settings,
    news,
    opened: source,
    source: {
      ...(source.live ? { live: source.live } : {}),
      async load(signalOfLoad) {
        const now = narrow(loaded ?? (await source.load(signalOfLoad)), scope);
        loaded = undefined;
        return now;
      },
    },
  };
}

/** The same source, which says something with its first load. */
export function withNews(source: ApplicationSource, news: readonly Problem[]): ApplicationSource {
  let untold = news;
  return {
    ...source,
    async load(signal) {
      const now = await source.load(signal);
      const told = { ...now, warnings: [...untold, ...now.warnings] };
      untold = [];
      return told;
    },
  };
}

function whereabouts(settings: Settings) {
  return {
    argocdNamespace: settings.valueOf(CATALOGUE.argocdNamespace),
    watchedNamespaces: settings.find(CATALOGUE.watchNamespaces),
  };
}

/** Settled without what is wrong, which is refused when all settings are: the ConfigMap cannot say where it is. */
export function settleRight(given: readonly Given[]): Settings {
  return settle(given.filter((one) => problemsWith(one).length === 0));
}
