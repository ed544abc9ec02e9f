import { Failure } from '../core/failure.ts';
import type { Parsed } from '../core/parsed.ts';

/** What was parsed. @throws {Failure} TARGET_UNREADABLE */
export function openTarget<File>(file: Parsed<File>, path: string): File {
  if (file.ok) return file.value;
  throw new Failure('TARGET_UNREADABLE', `${path} cannot be read as YAML: ${file.problem}`, {
    fix: 'correct the file, or name another write-back-target',
  });
}
