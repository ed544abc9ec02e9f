import type { RegistryCheckOptions, Work } from '../cli/work.ts';
import { settle, unusedSettings } from '../config/settings/settings.ts';
import { CATALOGUE, SETTINGS } from '../config/settings/settings-catalogue.ts';
import { type Problem, toProblem } from '../core/failure.ts';
import type { KeyValueObject } from '../core/objects/key-value-object.ts';
import {
  type CheckSubject,
  findCheckSubjects,
  type RegistryCheckReport,
  secretsNeededFor,
} from '../core/registry-check.ts';
import { inputOpener } from './inputs.ts';
import { openConfigured, readRegistriesConf } from './registries.ts';

export async function checkRegistries(
  ...[options, signal]: Parameters<Work['checkRegistries']>
): Promise<RegistryCheckReport> {
  const settings = settle(options.settings);
  const { config, warnings } = await readRegistriesConf(settings);
  const subjects = findCheckSubjects(config, options.targets);
  const { secrets, failures, warnings: unread } = await readSecrets(options, subjects, signal);
  const registries = await openConfigured(config, () => secrets);
  await using stack = new AsyncDisposableStack();
  stack.defer(() => registries.close());
  const checks = await Promise.all(subjects.map((subject) => registries.check(subject, signal)));
  return { checks, failures, warnings: [...unusedSettings(settings, SETTINGS), ...warnings, ...unread] };
}

interface ReadSecrets {
  readonly secrets: readonly KeyValueObject[];
  readonly failures: readonly Problem[];
  readonly warnings: readonly Problem[];
}

/** From the files, if there are any; else those that are needed, by their names, from the cluster. */
async function readSecrets(
  { filenames, settings }: RegistryCheckOptions,
  subjects: readonly CheckSubject[],
  signal: AbortSignal,
): Promise<ReadSecrets> {
  if (filenames.length > 0) return await readGiven(filenames, signal);
  const keys = secretsNeededFor(subjects);
  if (keys.length === 0) return { secrets: [], failures: [], warnings: [] };
  try {
    const cluster = await import('./cluster.ts');
    const { found, warnings } = await cluster.readSecrets(settings, keys, signal);
    return { secrets: found, failures: [], warnings };
  } catch (error) {
    signal.throwIfAborted();
    // The rest can be checked without a cluster; the step that misses its Secret says so.
    return { secrets: [], failures: [], warnings: [toProblem('cluster', error)] };
  }
}

/** Of the files only the Secrets count here, and what of them cannot be read. */
async function readGiven(filenames: readonly string[], signal: AbortSignal): Promise<ReadSecrets> {
  const where = { argocdNamespace: () => CATALOGUE.argocdNamespace.default, watchedNamespaces: () => undefined };
  const { secrets, failures } = await inputOpener({ filenames })(where).load(signal);
  return { secrets, failures: failures.filter(({ code }) => code === 'INPUT_UNREADABLE'), warnings: [] };
}
