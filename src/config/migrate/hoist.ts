/** What some blocks have in common, and what is left of each. */
export interface Hoisted<Block extends object> {
  readonly common: Partial<Block>;
  readonly rest: readonly Partial<Block>[];
}

/**
 * Moves the fields that all blocks say, and say alike, up to the level above, where they mean the same: a level below
 * that says nothing inherits. A field that a single block leaves out stays where it is.
 */
export function hoist<Block extends object>(blocks: readonly Block[]): Hoisted<Block> {
  const [first, ...others] = blocks.map((block) => new Map(Object.entries(block)));
  if (!first || others.length === 0) return { common: {}, rest: blocks };
  const isCommon = (key: string, value: unknown): boolean =>
    others.every((other) => other.has(key) && JSON.stringify(other.get(key)) === JSON.stringify(value));
  const common = [...first].filter(([key, value]) => isCommon(key, value));
  const keys = common.map(([key]) => key);
  return {
    common: fromEntries(common),
    rest: [first, ...others].map((block) => fromEntries([...block].filter(([key]) => !keys.includes(key)))),
  };
}

function fromEntries<Block extends object>(entries: readonly (readonly [string, unknown])[]): Partial<Block> {
  return Object.assign<Partial<Block>, object>({}, Object.fromEntries(entries));
}
