import { collectInputs } from '../applications/collect.ts';
import { readManifests } from '../applications/read-manifests.ts';
import type { Work } from '../cli/work.ts';
import { settle } from '../config/settings/settings.ts';
import { CATALOGUE } from '../config/settings/settings-catalogue.ts';
import { migrateFromAnnotations, migrateFromFlux } from '../controller/migrate.ts';
import type { Migration } from '../core/migration.ts';
import { readFiles } from './given-texts.ts';
import { openInput } from './inputs.ts';

export async function migrate(...[options, signal]: Parameters<Work['migrate']>): Promise<Migration> {
  if (options.from === 'annotations') {
    const { source } = await openInput(options, signal);
    return migrateFromAnnotations(await source.load(signal), options.name);
  }
  const files = await readFiles(options.filenames, signal);
  const contents = files.inputs.map(readManifests);
  const input = collectInputs(files, contents, settle(options.given).valueOf(CATALOGUE.argocdNamespace));
  const manifests = contents.flatMap((content) => content.manifests);
  return migrateFromFlux(input, { manifests, files: files.inputs }, options.name);
}
