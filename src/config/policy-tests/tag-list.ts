import type { ListedTag } from '../../core/deciding/listed-tag.ts';
import type { Problem } from '../../core/failure.ts';
import type { FieldPath } from '../../core/field-path.ts';
import { isUntyped } from '../../core/untyped.ts';
import { Fields } from '../fields.ts';
import { readTextDocuments, type TextDocument } from '../text-documents.ts';
import { readListedTag } from './listed-tag.ts';

export interface ReadTagList {
  readonly tags: readonly ListedTag[];
  readonly failures: readonly Problem[];
}

/**
 * A list of tags: one on each line; or a list in JSON or YAML of names and of mappings as in tests of policies; or what
 * a registry answers (`{"name": …, "tags": […]}`), which `skopeo list-tags` prints with a capital T.
 * @param file the file as a person knows it
 */
export function readTagList(file: string, text: string): ReadTagList {
  // No tag begins with any of these.
  if (!/^\s*(?:[[{]|- )/.test(text)) return { tags: readLines(text), failures: [] };
  const { documents, failures } = readTextDocuments(file, text);
  const read = documents.map(readDocument);
  return {
    tags: read.flatMap(({ tags }) => tags),
    failures: [...failures, ...read.flatMap((one) => one.failures)],
  };
}

function readLines(text: string): readonly ListedTag[] {
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
    .map((name) => ({ name }));
}

function readDocument({ value, origin }: TextDocument): ReadTagList {
  const fields = new Fields(origin);
  const { items, path } = listIn(value);
  const tags = items.map((item, index) => readListedTag(fields, item, [...path, index]));
  return { tags: tags.filter((tag) => tag !== undefined), failures: fields.problems };
}

/** A line of JSON Lines is a tag by itself. */
function listIn(value: unknown): { readonly items: readonly unknown[]; readonly path: FieldPath } {
  if (Array.isArray(value)) return { items: value, path: [] };
  for (const key of ['tags', 'Tags']) {
    const items = isUntyped(value) ? value[key] : undefined;
    if (Array.isArray(items)) return { items, path: [key] };
  }
  return { items: [value], path: [] };
}
