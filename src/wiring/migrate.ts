import { collect } from '../applications/collect.ts';
import { readManifests } from '../applications/read-manifests.ts';
import type { Work } from '../cli/work.ts';
import { settle } from '../config/settings/settings.ts';
import { CATALOGUE } from '../config/settings/settings-catalogue.ts';
import { migrateFromAnnotations, migrateFromFlux } from '../controller/migrate.ts';
import type { Migration } from '../core/migration.ts';
import { openInput, readFiles } from './inputs.ts';

export async function migrate(...[options, signal]: Parameters<Work['migrate']>): Promise<Migration> {
  if (options.from === 'annotations') {
    const { source } = await openInput(options, signal);
    return migrateFromAnnotations(await source.load(signal), options.name);
  }
  const files = await readFiles(options.filenames, signal);
  const read = files.inputs.map(readManifests);
  const manifests = read.flatMap((one) => one.manifests);
  const collected = collect(manifests, settle(options.given).valueOf(CATALOGUE.argocdNamespace));
  const input = {
    ...collected,
    failures: [...files.failures, ...read.flatMap((one) => one.failures), ...collected.failures],
    warnings: [...files.warnings, ...read.flatMap((one) => one.warnings), ...collected.warnings],
  };
  return migrateFromFlux(input, { manifests, files: files.inputs }, options.name);
}
