import type { Policy } from '../../core/deciding/policy.ts';
import { readPolicy } from '../policy.ts';
import { type Checked, checked, refused } from '../remark.ts';
import type { Written } from '../written.ts';

/** A policy that stands on its own, without an Application or an image list around it. */
export interface PlainPolicy {
  readonly strategy?: string | undefined;
  readonly constraint?: string | undefined;
  readonly allowTags?: string | undefined;
  readonly ignoreTags?: readonly string[] | undefined;
  readonly platforms?: readonly string[] | undefined;
  readonly allowDowngrade?: boolean;
  readonly suspended?: boolean;
}

/**
 * The policy, or everything that is wrong with it; the same reading as for every other front end.
 * @param nameOf what the front end calls a field: "policy.allowTags", "--allow-tags"
 */
export function readPlainPolicy(plain: PlainPolicy, nameOf: (field: keyof PlainPolicy) => string): Checked<Policy> {
  const write = <T>(field: keyof PlainPolicy, value: T): Written<T> => {
    return { key: nameOf(field), value, scope: 'image', path: [field] };
  };
  const { strategy, constraint, allowTags, ignoreTags, platforms, allowDowngrade = false, suspended = false } = plain;
  const read = readPolicy(
    {
      constraint: write('constraint', constraint),
      strategy: strategy === undefined ? undefined : write('strategy', strategy),
      allowTags: allowTags === undefined ? undefined : write('allowTags', allowTags),
      ignoreTags: ignoreTags && write('ignoreTags', ignoreTags),
      platforms: platforms && write('platforms', platforms),
      forceUpdate: checked(false),
      allowDowngrade: checked(allowDowngrade),
      suspended: checked(suspended),
    },
    { namespace: '', defaultPlatforms: [] },
  );
  if (read.ok) return checked(read.value.policy);
  const fix = `correct ${nameOf('constraint')}`;
  return refused(...read.remarks.map((remark) => (remark.code === 'CONSTRAINT_INVALID' ? { ...remark, fix } : remark)));
}
