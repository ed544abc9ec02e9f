import type { Migration, MigrationNote } from '../../core/migration.ts';
import type { Palette } from '../palette.ts';
import { printable } from '../printable.ts';
import { renderJson, renderYaml } from './documents.ts';

/** Manifests for `kubectl apply -f -`: YAML documents, the sketch as comments below; or a List, as JSON. */
export async function renderManifests(
  { manifests, sketch }: Pick<Migration, 'manifests' | 'sketch'>,
  format: 'yaml' | 'json',
): Promise<string> {
  if (format === 'json') return renderJson({ apiVersion: 'v1', kind: 'List', items: manifests });
  const documents = await Promise.all(manifests.map(renderYaml));
  return `${documents.join('---\n')}${renderSketch(sketch, '# ')}`;
}

/** @param prefix of each line */
export function renderSketch(sketch: Migration['sketch'], prefix: string): string {
  return sketch.map((line) => `${prefix}${printable(line)}\n`).join('');
}

export function renderMigrationNotes(notes: readonly MigrationNote[], palette: Palette): string {
  return notes
    .map(({ object, message }) => `${palette.faint('note')}: ${printable(object)}: ${printable(message)}\n`)
    .join('');
}
