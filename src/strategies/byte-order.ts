/**
 * Ascending order of tags by their bytes, as upstream breaks ties. Tags are ASCII, so JavaScript's order of UTF-16 units
 * is the order of bytes; a locale's order would not be.
 */
export function compareBytes(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** How a comparison's result reads as an age; 0 is a tie in spelling. */
export function ageOf(order: number): 'older' | 'same' | 'newer' {
  return order < 0 ? 'older' : order > 0 ? 'newer' : 'same';
}
