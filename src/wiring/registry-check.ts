import type { Work } from '../cli/work.ts';
import { settle, unusedSettings } from '../config/settings/settings.ts';
import { CATALOGUE, SETTINGS } from '../config/settings/settings-catalogue.ts';
import { findCheckSubjects, type RegistryCheckReport } from '../core/registry-check.ts';
import { inputOpener } from './inputs.ts';
import { openConfigured, readRegistriesConf } from './registries.ts';

export async function checkRegistries(
  ...[options, signal]: Parameters<Work['checkRegistries']>
): Promise<RegistryCheckReport> {
  const settings = settle(options.settings);
  const { config, warnings } = await readRegistriesConf(settings);
  const { secrets, failures } = await readSecrets(options.filenames, signal);
  const registries = await openConfigured(config, () => secrets);
  await using stack = new AsyncDisposableStack();
  stack.defer(() => registries.close());
  const subjects = findCheckSubjects(config, options.targets);
  const checks = await Promise.all(subjects.map((subject) => registries.check(subject, signal)));
  return { checks, failures, warnings: [...unusedSettings(settings, SETTINGS), ...warnings] };
}

/** Of the input only the Secrets count here, and what of it cannot be read. */
async function readSecrets(filenames: readonly string[], signal: AbortSignal) {
  if (filenames.length === 0) return { secrets: [], failures: [] };
  const where = { argocdNamespace: () => CATALOGUE.argocdNamespace.default, watchedNamespaces: () => undefined };
  const { secrets, failures } = await inputOpener({ filenames })(where).load(signal);
  return { secrets, failures: failures.filter(({ code }) => code === 'INPUT_UNREADABLE') };
}
