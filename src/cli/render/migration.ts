import type { Migration, MigrationNote } from '../../core/migration.ts';
import type { Palette } from '../palette.ts';
import { printable } from '../printable.ts';
import { renderJson, renderYaml } from './documents.ts';

/** Manifests for `kubectl apply -f -`: YAML documents, with the sketch as comments below; or a List as JSON. */
export async function renderManifests(
  { manifests, sketch }: Pick<Migration, 'manifests' | 'sketch'>,
  format: 'yaml' | 'json',
): Promise<string> {
  if (format === 'json') return renderJson({ apiVersion: 'v1', kind: 'List', items: manifests });
  const documents = await Promise.all(manifests.map(renderYaml));
  const comments = sketch.map((line) => `# ${printable(line)}`.trimEnd());
  return `${documents.join('---\n')}${comments.map((line) => `${line}\n`).join('')}`;
}

export function renderMigrationNotes(notes: readonly MigrationNote[], palette: Palette): string {
  return notes
    .map(({ object, message }) => `${palette.faint('note')}: ${printable(object)}: ${printable(message)}\n`)
    .join('');
}
