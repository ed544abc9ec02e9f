/** Keeps the values of a label from growing without end: what people write in image names ends up in some of them. */
export interface BoundedLabels {
  /** The value itself, or "other" once there are too many. */
  bounded(value: string): string;
}

export function boundedLabels(most: number): BoundedLabels {
  const known = new Set<string>();
  return {
    bounded(value) {
      if (!known.has(value) && known.size >= most) return 'other';
      known.add(value);
      return value;
    },
  };
}
