import type { FieldPath } from '../../core/field-path.ts';
import { type Written, writtenAt } from '../written.ts';

/** One level's block of settings, and where it stands. */
export interface Level<Block> {
  readonly block: Block | undefined;
  readonly path: FieldPath;
}

export function refPath(index: number): FieldPath {
  return ['spec', 'applicationRefs', index];
}

/** Blanks around a text are of no importance, as upstream. */
export function trimmed(written: Written | undefined): Written | undefined {
  return written && { ...written, value: written.value.trim() };
}

/**
 * What counts for one field: the deepest level that says anything, also an empty text or list (reference part 1,
 * 1.10). Fields are independent of each other, and lists are never joined.
 * @param levels from the outermost to the deepest
 */
export function deepest<Block extends object, Key extends keyof Block & string>(
  levels: readonly Level<Block>[],
  field: Key,
): Written<NonNullable<Block[Key]>> | undefined {
  const [found, ...hidden] = levels.toReversed().flatMap(({ block, path }) => {
    const value = block?.[field];
    return value === undefined || value === null ? [] : [writtenAt([...path, field], value)];
  });
  return found && hidden.length > 0 ? { ...found, replaces: true } : found;
}
