import type { Policy } from '../src/core/deciding/policy.ts';
import { parseAllowTags, parseIgnoreTags } from '../src/core/deciding/tag-filter.ts';
import type { Parsed } from '../src/core/parsed.ts';
import type { Platform } from '../src/core/platform.ts';
import { findStrategy } from '../src/strategies/index.ts';

/** A policy as a user would write it. */
export interface WrittenPolicy {
  readonly strategy?: string;
  readonly constraint?: string;
  readonly allowTags?: string;
  readonly ignoreTags?: readonly string[];
  readonly platforms?: readonly Platform[];
  readonly allowDowngrade?: boolean;
  readonly suspended?: boolean;
}

/** Throws what a front end would report. */
export function policyOf(written: WrittenPolicy): Policy {
  const found = findStrategy(written.strategy ?? 'semver');
  if (!found) throw new Error(`there is no strategy ${written.strategy}`);
  return {
    judge: known(found.strategy.judge(written.constraint)),
    allowTags: known(parseAllowTags(written.allowTags ?? '')),
    ignoreTags: parseIgnoreTags(written.ignoreTags ?? []).filter,
    platforms: written.platforms ?? [],
    forceUpdate: false,
    allowDowngrade: written.allowDowngrade ?? false,
    suspended: written.suspended ?? false,
  };
}

/** The value of a text that is known to be right. */
export function known<T>(read: Parsed<T>): T {
  if (!read.ok) throw new Error(read.problem);
  return read.value;
}
