import { boundedCache } from '../core/bounded-cache.ts';
import { parseCredentialSource } from '../core/credentials/credential-source.ts';
import type { Policy } from '../core/deciding/policy.ts';
import type { Judge, Strategy } from '../core/deciding/strategy.ts';
import { parseAllowTags, parseIgnoreTags, type TagFilter } from '../core/deciding/tag-filter.ts';
import { nearest } from '../core/nearest.ts';
import { type Platform, parsePlatform } from '../core/platform.ts';
import { findStrategy, strategies } from '../strategies/index.ts';
import { type Checked, checked, type Remark, refused, remarksOf } from './remark.ts';
import { bad, remarkOn, type Written } from './written.ts';

/** What a front end found about one image. Texts are read here, whichever front end they came from. */
export interface WrittenPolicy {
  /** The text behind the image's colon, if there is one, and where the image is named. */
  readonly constraint: Written<string | undefined>;
  readonly strategy?: Written | undefined;
  readonly allowTags?: Written | undefined;
  readonly ignoreTags?: Written<readonly string[]> | undefined;
  readonly platforms?: Written<readonly string[]> | undefined;
  readonly pullSecret?: Written | undefined;
  readonly forceUpdate: Checked<boolean>;
  readonly allowDowngrade: Checked<boolean>;
  readonly suspended: Checked<boolean>;
}

export interface PolicyContext {
  /** The Application's, which is the only one whose Secrets count. */
  readonly namespace: string;
  /** For images that name no platforms. */
  readonly defaultPlatforms: readonly Platform[];
}

export interface ReadPolicy {
  readonly policy: Policy;
  readonly pullSecret?: string;
}

/** Everything that a front end says about one image as its policy, or all that is wrong with it. */
export function readPolicy(
  written: WrittenPolicy,
  { namespace, defaultPlatforms }: PolicyContext,
): Checked<ReadPolicy> {
  const policy = readShared(written, defaultPlatforms);
  const pullSecret = readPullSecret(written.pullSecret, namespace);
  if (!policy.ok || !pullSecret.ok) return refused(...remarksOf([policy, pullSecret]));
  return checked({
    policy: policy.value,
    ...(pullSecret.value === undefined ? {} : { pullSecret: pullSecret.value }),
  });
}

/**
 * Policies by what they were read from. Thousands of images have a few between them, and each is large: constraints and
 * expressions in it are compiled.
 */
const known = boundedCache<Policy>(2_000, () => 1);

function readShared(written: WrittenPolicy, defaultPlatforms: readonly Platform[]): Checked<Policy> {
  const { constraint, strategy, allowTags, ignoreTags, platforms, forceUpdate, allowDowngrade, suspended } = written;
  const texts = [constraint, strategy, allowTags, ignoreTags, platforms].map((one) => one?.value ?? null);
  const words = JSON.stringify([texts, forceUpdate, allowDowngrade, suspended, defaultPlatforms]);
  const shared = known.get(words);
  if (shared) return checked(shared);
  const policy = readOwn(written, defaultPlatforms);
  if (policy.ok) known.set(words, policy.value);
  return policy;
}

function readOwn(written: WrittenPolicy, defaultPlatforms: readonly Platform[]): Checked<Policy> {
  const judge = readJudge(written);
  const allowTags = readAllowTags(written.allowTags);
  const platforms = readPlatforms(written.platforms, defaultPlatforms);
  const { forceUpdate, allowDowngrade, suspended } = written;
  if (!judge.ok || !allowTags.ok || !platforms.ok || !forceUpdate.ok || !allowDowngrade.ok || !suspended.ok) {
    return refused(...remarksOf([judge, allowTags, platforms, forceUpdate, allowDowngrade, suspended]));
  }
  return checked({
    judge: judge.value,
    allowTags: allowTags.value,
    ignoreTags: parseIgnoreTags(written.ignoreTags?.value ?? []).filter,
    platforms: platforms.value,
    forceUpdate: forceUpdate.value,
    allowDowngrade: allowDowngrade.value,
    suspended: suspended.value,
  });
}

/** The strategy's name, for a report also where it does not exist. */
export function strategyName({ strategy }: Pick<WrittenPolicy, 'strategy'>): string {
  return strategy?.value ? (findStrategy(strategy.value)?.strategy.id ?? strategy.value) : strategies[0].id;
}

/** What is read, but better written otherwise: names of before, and patterns that can match nothing. */
export function adviseOn({ strategy, ignoreTags }: WrittenPolicy): readonly Remark[] {
  const remarks: Remark[] = [];
  const named = strategy && findStrategy(strategy.value);
  if (strategy && named?.deprecated) {
    const problem = `"${strategy.value}" is an old name`;
    remarks.push(remarkOn(strategy, 'CONFIG_DEPRECATED', problem, `write "${named.strategy.id}"`));
  }
  if (strategy?.value === '') {
    const problem = `is empty, which means ${strategies[0].id}`;
    remarks.push(remarkOn(strategy, 'CONFIG_INVALID', problem, `write ${strategies[0].id}, or remove it`));
  }
  const { malformed } = parseIgnoreTags(ignoreTags?.value ?? []);
  if (ignoreTags && malformed.length > 0) {
    // Upstream says nothing; picks stay the same, so that nothing moves because somebody changed the tool.
    const problem = `"${malformed.join('", "')}" is no glob and ignores nothing`;
    remarks.push(remarkOn(ignoreTags, 'CONFIG_INVALID', problem, 'write globs such as *-rc*'));
  }
  return remarks;
}

/** The strategy with its constraint. */
export function readJudge({ strategy, constraint }: Pick<WrittenPolicy, 'strategy' | 'constraint'>): Checked<Judge> {
  const named = readStrategy(strategy);
  if (!named.ok) return named;
  const judge = named.value.judge(constraint.value);
  if (judge.ok) return judge;
  const fix = `correct what follows the colon of the image in ${constraint.key}`;
  return refused(remarkOn(constraint, 'CONSTRAINT_INVALID', judge.problem, fix));
}

function readStrategy(written: Written | undefined): Checked<Strategy> {
  if (!written || written.value === '') return checked(strategies[0]);
  const named = findStrategy(written.value);
  if (named) return checked(named.strategy);
  const names = strategies.map(({ id }) => id);
  const meant = nearest(written.value, names);
  return bad(written, `there is no update strategy "${written.value}"`, `write ${meant ?? names.join(', ')}`);
}

function readAllowTags(written: Written | undefined): Checked<TagFilter | undefined> {
  if (!written) return checked(undefined);
  const filter = parseAllowTags(written.value);
  return filter.ok ? filter : bad(written, filter.problem, 'write regexp:<expression>, or any');
}

function readPlatforms(
  written: Written<readonly string[]> | undefined,
  defaults: readonly Platform[],
): Checked<readonly Platform[]> {
  if (!written || written.value.length === 0) return checked(defaults);
  const platforms = written.value.map(parsePlatform);
  const wrong = platforms.find((platform) => !platform.ok);
  if (wrong) return bad(written, wrong.problem, 'write os/arch or os/arch/variant, such as linux/amd64');
  return checked(platforms.flatMap((platform) => (platform.ok ? [platform.value] : [])));
}

/**
 * Secrets count in the Application's namespace only, whatever letter case or registry part the text has; upstream's
 * check looks at one spelling (reference part 1, defect 52).
 */
function readPullSecret(written: Written | undefined, namespace: string): Checked<string | undefined> {
  if (!written?.value) return checked(undefined);
  const source = parseCredentialSource(written.value);
  if (!source.ok) return bad(written, source.problem, 'write where the credentials are kept, never the credentials');
  if ('namespace' in source.value && source.value.namespace !== namespace) {
    const problem = `the Secret is in namespace ${source.value.namespace}, the Application in ${namespace}`;
    return bad(written, problem, `create the Secret in ${namespace}, and name it there`);
  }
  return checked(written.value);
}
