import type { EnvironmentDiff } from '../../core/environment-diff.ts';
import type { Palette } from '../palette.ts';
import { printable } from '../printable.ts';
import { API_VERSION } from './documents.ts';
import { renderTable } from './table.ts';

/** Only what differs; "" when nothing does. */
export function renderEnvironmentDiff({ left, right, differences }: EnvironmentDiff, palette: Palette): string {
  if (differences.length === 0) return '';
  const rows = differences.map((row) => [row.name, cell(row.name, row.left), cell(row.name, row.right)].map(printable));
  return renderTable(['IMAGE', printable(left), printable(right)], rows, palette);
}

/** Versions alone where the image has the row's name. */
function cell(name: string, images: readonly string[]): string {
  if (images.length === 0) return '-';
  return images
    .map((image) => (/^[:@]/.test(image.slice(name.length)) && image.startsWith(name) ? versionIn(image, name) : image))
    .join(', ');
}

function versionIn(image: string, name: string): string {
  return image.slice(name.length).replace(/^:/, '');
}

/** Keys and their order are a contract; new ones are added at the end. */
export function environmentDiffDocument({ left, right, differences, same, unread }: EnvironmentDiff): object {
  return {
    apiVersion: API_VERSION,
    kind: 'EnvironmentDiff',
    left,
    right,
    differences: differences.map((row) => ({ name: row.name, left: [...row.left], right: [...row.right] })),
    same: [...same],
    unread: [...unread],
  };
}
