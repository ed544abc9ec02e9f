import type { Strategy } from '../core/deciding/strategy.ts';
import { alphabetical } from './alphabetical.ts';
import { digest } from './digest.ts';
import { newestBuild } from './newest-build.ts';
import { semver } from './semver.ts';

/** Every strategy; the first one is used where none is named. A new one is a new file and a line here. */
export const strategies: readonly [Strategy, ...Strategy[]] = [semver, newestBuild, alphabetical, digest];

interface NamedStrategy {
  readonly strategy: Strategy;
  /** The name is an old one: the front end says so, naming `strategy.id` instead. */
  readonly deprecated: boolean;
}

/** The strategy of a name or an old name, in any letter case; undefined for other text, also with blanks around it. */
export function findStrategy(name: string): NamedStrategy | undefined {
  const id = name.toLowerCase();
  const strategy = strategies.find((one) => one.id === id || one.deprecatedIds.includes(id));
  return strategy && { strategy, deprecated: strategy.id !== id };
}
