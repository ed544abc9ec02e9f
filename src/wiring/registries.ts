import { homedir } from 'node:os';
import { join } from 'node:path';
import { parseRegistriesConf } from '../config/registries/registries-conf.ts';
import type { Settings } from '../config/settings/settings.ts';
import { CATALOGUE } from '../config/settings/settings-catalogue.ts';
import { Failure, type Problem } from '../core/failure.ts';
import type { KeyValueObject } from '../core/objects/key-value-object.ts';
import { BUILT_IN_REGISTRIES, type RegistriesConfig } from '../core/registry-endpoint.ts';
import { openRegistries, type Registries, type RegistriesOptions } from '../registries/registries.ts';
import { openMemoryStore } from '../store/open-store.ts';
import { readContent, readIfThere } from './given-texts.ts';

/** Without a memory nothing is remembered longer than the program runs. */
export async function openConfigured(
  config: RegistriesConfig,
  secrets: () => readonly KeyValueObject[],
  kept: Partial<Pick<RegistriesOptions, 'memory' | 'recheckMs' | 'intervalMs' | 'observer'>> = {},
): Promise<Registries> {
  const memory = kept.memory ?? openMemoryStore();
  return openRegistries({ config, secrets, ...(await readSurroundings()), ...kept, memory });
}

/** What this machine offers to open registries with. */
export async function readSurroundings(): Promise<
  Pick<RegistriesOptions, 'env'> & { dockerConfig: string | undefined }
> {
  const { env } = process;
  const folder = env['DOCKER_CONFIG'] ?? join(homedir(), '.docker');
  return { env, dockerConfig: await readIfThere(join(folder, 'config.json')) };
}

export async function readRegistriesConf(
  settings: Settings,
): Promise<{ readonly config: RegistriesConfig; readonly warnings: readonly Problem[] }> {
  const { object, text, isAskedFor } = await readContent(settings, CATALOGUE.registriesConfPath);
  if (text === undefined) {
    return { config: BUILT_IN_REGISTRIES, warnings: isAskedFor ? [missingRegistriesConf(object)] : [] };
  }
  const result = parseRegistriesConf(text);
  if (result.ok) return result;
  const message = result.problems.map((problem) => `${problem.object}: ${problem.message}`).join('; ');
  const fix = [...new Set(result.problems.map((problem) => problem.fix))].join('; ');
  throw new Failure('SETTING_INVALID', message, { fix, object });
}

/** Upstream goes on without the file too: a ConfigMap that is not mounted is its normal case. */
function missingRegistriesConf(path: string): Problem {
  const message = 'there is no such file; only the built-in registries are known';
  return { code: 'SETTING_UNUSED', object: path, message, fix: 'write it, or leave --registries-conf-path out' };
}
