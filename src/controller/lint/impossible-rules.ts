import type { WrittenImage } from '../../config/read-images.ts';
import { remarkOn, type Written } from '../../config/written.ts';
import type { Problem } from '../../core/failure.ts';
import { parseAllowTags, parseIgnoreTags } from '../../core/tag-filter.ts';
import { judgeOf, problemOf } from './written-image.ts';

/** Rules of images that no tag can ever satisfy, whatever the registry has. */
export function impossibleRules(images: readonly WrittenImage[]): readonly Problem[] {
  return images.flatMap((image) => [...impossibleConstraint(image), ...impossibleFilters(image)]);
}

function impossibleConstraint(image: WrittenImage): readonly Problem[] {
  const { constraint } = image.policy;
  const impossible = judgeOf(image)?.impossible;
  if (impossible === undefined) return [];
  return [
    problemOf(image, remarkOn(constraint, 'CONSTRAINT_INVALID', impossible, 'write one that some version satisfies')),
  ];
}

function impossibleFilters(image: WrittenImage): readonly Problem[] {
  const { allowTags, ignoreTags } = image.policy;
  const only = judgeOf(image)?.only;
  const remark = (written: Written<unknown>, problem: string) =>
    problemOf(image, remarkOn(written, 'CONSTRAINT_INVALID', problem, 'remove it, or let it leave a tag'));
  if (only === undefined) return [];
  const allowed = parseAllowTags(allowTags?.value ?? '');
  const ignored = parseIgnoreTags(ignoreTags?.value ?? []).filter;
  return [
    ...(allowTags && allowed.ok && allowed.value?.matches(only) === false
      ? [remark(allowTags, `it does not allow ${only}, the one tag that is followed`)]
      : []),
    ...(ignoreTags && ignored?.matches(only)
      ? [remark(ignoreTags, `it ignores ${only}, the one tag that is followed`)]
      : []),
  ];
}
