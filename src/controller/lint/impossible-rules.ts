import type { WrittenPolicy } from '../../config/policy.ts';
import type { WrittenImage } from '../../config/read-images.ts';
import { remarkOn, type Written } from '../../config/written.ts';
import { parseAllowTags, parseIgnoreTags } from '../../core/deciding/tag-filter.ts';
import type { Problem } from '../../core/failure.ts';
import type { Tag } from '../../core/reference.ts';
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
    problemOf(image, remarkOn(written, 'CONSTRAINT_INVALID', problem, `remove it, or let it leave ${only}`));
  return [
    ...(allowTags && disallows(image.policy, only)
      ? [remark(allowTags, `it does not allow ${only}, the one tag that is followed`)]
      : []),
    ...(ignoreTags && ignores(image.policy, only)
      ? [remark(ignoreTags, `it ignores ${only}, the one tag that is followed`)]
      : []),
  ];
}

/** Whether allow-tags drops the one tag that can take part. */
export function disallows({ allowTags }: WrittenPolicy, only: Tag | undefined): boolean {
  const allowed = parseAllowTags(allowTags?.value ?? '');
  return only !== undefined && allowed.ok && allowed.value?.matches(only) === false;
}

/** Whether ignore-tags drops the one tag that can take part. */
export function ignores({ ignoreTags }: WrittenPolicy, only: Tag | undefined): boolean {
  return only !== undefined && parseIgnoreTags(ignoreTags?.value ?? []).filter?.matches(only) === true;
}
