import type { Problem } from '../core/failure.ts';

/** What was given with -f and cannot be read. */
export function unreadable(place: string, error: unknown, fix: string): Problem {
  return { code: 'INPUT_UNREADABLE', object: place, message: `cannot be read: ${reasonOf(error)}`, fix };
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  switch ('code' in error ? error.code : undefined) {
    case 'ENOENT':
      return 'there is no such file or folder';
    case 'EACCES':
    case 'EPERM':
      return 'permission denied';
    case 'ELOOP':
      return 'its links lead in a circle';
    default:
      return error.message;
  }
}
