import { scopeSettings } from '../config/settings/cycle-settings.ts';
import { type Given, type Settings, settle, unusedSettings } from '../config/settings/settings.ts';
import { CATALOGUE, SETTINGS } from '../config/settings/settings-catalogue.ts';
import { givenByObjects } from '../config/settings/settings-objects.ts';
import type { ApplicationSource, Applications } from '../ports/application-source.ts';
import { narrow } from './narrow.ts';

export interface SettledSource {
  readonly settings: Settings;
  readonly source: ApplicationSource;
}

/**
 * Settles the settings, of which some may be kept in the input itself: in upstream's ConfigMap and Secret. They are
 * read once, as upstream does; what is said about them is said with the first load. What the settings leave out of
 * their scope, no load shows.
 * @param open opens the input; the namespace it asks for is that of objects that name none
 * @param given by flags and variables
 * @throws {SettingsRefused} naming every bad value, wherever it was given
 */
export async function openSettled(
  open: (argocdNamespace: () => string) => ApplicationSource,
  given: readonly Given[],
  signal: AbortSignal,
): Promise<SettledSource> {
  let namespace = namespaceOf(given);
  const source = open(() => namespace);
  const first = await source.load(signal);
  const objects = givenByObjects(first, namespace);
  const settings = settle([...given, ...objects.given], objects.problems);
  let news = [...objects.warnings, ...unusedSettings(settings, SETTINGS)];
  const settled = settings.valueOf(CATALOGUE.argocdNamespace);
  const scope = scopeSettings(settings);
  // In another namespace than was thought, objects that name none are read anew.
  let loaded: Applications | undefined = settled === namespace ? first : undefined;
  namespace = settled;
  return {
    settings,
    source: {
      async load(signalOfLoad) {
        const now = narrow(loaded ?? (await source.load(signalOfLoad)), scope);
        const told = { ...now, warnings: [...news, ...now.warnings] };
        loaded = undefined;
        news = [];
        return told;
      },
    },
  };
}

/** Where the ConfigMap is looked for: it cannot say so itself. */
function namespaceOf(given: readonly Given[]): string {
  const { argocdNamespace } = CATALOGUE;
  const mine = given.filter(({ setting }) => setting === argocdNamespace);
  const right = mine.filter(({ text, source }) => argocdNamespace.kind.parse(text, source).ok);
  return settle(right).valueOf(argocdNamespace);
}
