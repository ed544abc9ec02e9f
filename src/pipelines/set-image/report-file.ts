import type { SetFile } from '../../core/set-image-report.ts';
import { unifiedDiff } from '../../core/unified-diff.ts';
import type { PlannedFile } from './set-image.ts';

/** A file as whoever asked for it is told of it. */
export function reportFile({ path, before, after, changes }: PlannedFile): SetFile {
  return { path, diff: unifiedDiff(path, before, after), changes };
}
