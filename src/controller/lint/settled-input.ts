import { type Given, problemsWith, type Settings, settle, unusedSettings } from '../../config/settings/settings.ts';
import { CATALOGUE, SETTINGS } from '../../config/settings/settings-catalogue.ts';
import { givenByObjects, namespacesOfSettings } from '../../config/settings/settings-objects.ts';
import { type Problem, uniqueProblems } from '../../core/failure.ts';
import type { ApplicationSource, Applications } from '../../ports/application-source.ts';
import type { Whereabouts } from '../settled-source.ts';

/** What was given, and the settings that count for it; a setting that is wrong is reported and left out. */
export interface SettledInput {
  readonly input: Applications;
  readonly settings: Settings;
  readonly failures: readonly Problem[];
  readonly warnings: readonly Problem[];
  /** What is no mistake, only not used. */
  readonly notes: readonly Problem[];
}

/**
 * Loads the input, and the settings in it, wherever upstream may be installed.
 * @throws {SettingsRefused} for flags and variables, which are no part of what is looked through
 */
export async function loadSettled(
  open: (where: Whereabouts) => ApplicationSource,
  given: readonly Given[],
  signal: AbortSignal,
): Promise<SettledInput> {
  const wanted = settle(given);
  let namespace = wanted.valueOf(CATALOGUE.argocdNamespace);
  // What a ConfigMap leaves out is looked through too.
  const watchedNamespaces = () => wanted.find(CATALOGUE.watchNamespaces);
  const source = open({ argocdNamespace: () => namespace, watchedNamespaces });
  const first = await source.load(signal);
  const objects = namespacesOfSettings(first).map((one) => givenByObjects(first, one));
  const inObjects = objects.flatMap((one) => one.given);
  const settings = settle([...given, ...inObjects.filter((one) => problemsWith(one).length === 0)]);
  const settled = settings.valueOf(CATALOGUE.argocdNamespace);
  // In another namespace than was thought, objects that name none are read anew.
  const isSettled = settled === namespace;
  namespace = settled;
  return {
    input: isSettled ? first : await source.load(signal),
    settings,
    failures: uniqueProblems([...objects.flatMap((one) => one.problems), ...inObjects.flatMap(problemsWith)]),
    // That an object lies in another namespace than Argo CD's is no mistake of the object.
    warnings: uniqueProblems(objects.flatMap((one) => one.warnings).filter(({ code }) => code !== 'SETTING_UNUSED')),
    notes: unusedSettings(settings, SETTINGS),
  };
}
