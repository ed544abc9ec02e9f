import type { Application } from '../core/application.ts';
import { parseCredentialSource } from '../core/credential-source.ts';
import { nearest } from '../core/nearest.ts';
import { type Platform, parsePlatform } from '../core/platform.ts';
import type { Policy } from '../core/policy.ts';
import type { Judge, Strategy } from '../core/strategy.ts';
import { parseAllowTags, parseIgnoreTags, type TagFilter } from '../core/tag-filter.ts';
import type { TargetKeys } from '../core/tracked-image.ts';
import { findStrategy, strategies } from '../strategies/index.ts';
import { type Annotations, type Found, find, findOwn, keyOf, SETTINGS, type Setting } from './annotation-keys.ts';
import { parseGoBoolean } from './go-boolean.ts';
import type { ListedImage } from './image-list.ts';
import { type Checked, checked, type Remark, refused, remarksOf } from './remark.ts';

/** What annotations say about one image. */
export interface ImageSettings {
  readonly policy: Policy;
  readonly keys: TargetKeys;
  readonly pullSecret?: string;
}

/** Reads all settings of one listed image (reference part 1, 1.12), its own before those of the Application. */
export function readImageSettings(
  application: Application,
  listed: ListedImage,
  defaultPlatforms: readonly Platform[],
): Checked<ImageSettings> {
  const { annotations } = application;
  const alias = listed.keyAlias;
  const judge = readJudge(annotations, listed);
  const allowTags = readAllowTags(annotations, alias);
  const platforms = readPlatforms(annotations, alias, defaultPlatforms);
  const pullSecret = readPullSecret(application, alias);
  const forceUpdate = readFlag(annotations, SETTINGS.forceUpdate, alias);
  const allowDowngrade = readFlag(annotations, SETTINGS.allowDowngrade, alias);
  const suspended = readFlag(annotations, SETTINGS.suspend, undefined);
  const keys = readKeys(annotations, alias);
  const filters = [judge, allowTags, platforms];
  const rest = [pullSecret, forceUpdate, allowDowngrade, suspended, keys];
  if (!judge.ok || !allowTags.ok || !platforms.ok) return refused(...remarksOf([...filters, ...rest]));
  if (!pullSecret.ok || !forceUpdate.ok || !allowDowngrade.ok || !suspended.ok || !keys.ok) {
    return refused(...remarksOf(rest));
  }
  return checked({
    policy: {
      judge: judge.value,
      allowTags: allowTags.value,
      ignoreTags: readIgnoreTags(annotations, alias),
      platforms: platforms.value,
      forceUpdate: forceUpdate.value,
      allowDowngrade: allowDowngrade.value,
      suspended: suspended.value,
    },
    keys: keys.value,
    ...(pullSecret.value === undefined ? {} : { pullSecret: pullSecret.value }),
  });
}

/** The strategy's name, for a report also where it does not exist. */
export function strategyName(annotations: Annotations, listed: ListedImage): string {
  const text = find(annotations, SETTINGS.updateStrategy, listed.keyAlias)?.text;
  return text === undefined ? strategies[0].id : (findStrategy(text)?.strategy.id ?? text);
}

/** What is read, but better written otherwise: spellings of before, and patterns that can match nothing. */
export function readAdvice(annotations: Annotations, listed: ListedImage): readonly Remark[] {
  const remarks: Remark[] = [];
  const named = find(annotations, SETTINGS.updateStrategy, listed.keyAlias);
  const strategy = named && findStrategy(named.text);
  if (named && strategy?.deprecated) {
    remarks.push(deprecated(`${named.key}: "${named.text}" is an old name`, `write "${strategy.strategy.id}"`));
  }
  const oldMatch = findAllowTags(annotations, listed.keyAlias);
  if (listed.keyAlias !== undefined && oldMatch?.key === keyOf(SETTINGS.tagMatch, listed.keyAlias)) {
    const fix = `rename it to ${keyOf(SETTINGS.allowTags, listed.keyAlias)}`;
    remarks.push(deprecated(`${oldMatch.key} is an old name`, fix));
  }
  if (listed.keyAlias !== undefined && listed.keyAlias !== listed.alias) {
    const message = `the alias "${listed.alias}" is read as "${listed.keyAlias}" in annotation keys`;
    remarks.push(deprecated(message, `use ${listed.keyAlias} in image-list as well`));
  }
  const ignored = findIgnoreTags(annotations, listed.keyAlias);
  const { malformed } = parseIgnoreTags(items(ignored?.text ?? ''));
  if (ignored && malformed.length > 0) {
    // Upstream says nothing; picks stay the same, so that nothing moves because somebody changed the tool.
    const message = `${ignored.key}: "${malformed.join('", "')}" is no glob and ignores nothing`;
    remarks.push({ code: 'CONFIG_INVALID', message, fix: 'write globs such as *-rc*', scope: 'image' });
  }
  return remarks;
}

function deprecated(message: string, fix: string): Remark {
  return { code: 'CONFIG_DEPRECATED', message, fix, scope: 'image' };
}

function readJudge(annotations: Annotations, listed: ListedImage): Checked<Judge> {
  const named = readStrategy(annotations, listed.keyAlias);
  if (!named.ok) return named;
  const judge = named.value.judge(listed.constraint);
  if (judge.ok) return judge;
  const fix = 'correct what follows the colon of the image in image-list';
  return refused({ code: 'CONSTRAINT_INVALID', message: `image-list: ${judge.problem}`, fix, scope: 'image' });
}

function readStrategy(annotations: Annotations, alias: string | undefined): Checked<Strategy> {
  const found = find(annotations, SETTINGS.updateStrategy, alias);
  if (!found) return checked(strategies[0]);
  const named = findStrategy(found.text);
  if (named) return checked(named.strategy);
  const names = strategies.map(({ id }) => id);
  const meant = nearest(found.text, names);
  return bad(found, `there is no update strategy "${found.text}"`, `write ${meant ?? names.join(', ')}`);
}

/** `tag-match` counts only where neither the image nor the Application says `allow-tags`. */
function findAllowTags(annotations: Annotations, alias: string | undefined): Found | undefined {
  return find(annotations, SETTINGS.allowTags, alias) ?? find(annotations, SETTINGS.tagMatch, alias);
}

function readAllowTags(annotations: Annotations, alias: string | undefined): Checked<TagFilter | undefined> {
  const found = findAllowTags(annotations, alias);
  if (!found) return checked(undefined);
  const filter = parseAllowTags(found.text);
  return filter.ok ? filter : bad(found, filter.problem, 'write regexp:<expression>, or any');
}

function readIgnoreTags(annotations: Annotations, alias: string | undefined): TagFilter | undefined {
  return parseIgnoreTags(items(findIgnoreTags(annotations, alias)?.text ?? '')).filter;
}

/** Present but blank, the image's own list replaces the Application's by nothing. */
function findIgnoreTags(annotations: Annotations, alias: string | undefined): Found | undefined {
  const own = alias === undefined ? undefined : findOwn(annotations, SETTINGS.ignoreTags, alias);
  return own ?? find(annotations, SETTINGS.ignoreTags, undefined);
}

function readPlatforms(
  annotations: Annotations,
  alias: string | undefined,
  defaults: readonly Platform[],
): Checked<readonly Platform[]> {
  const found = alias === undefined ? undefined : find(annotations, SETTINGS.platforms, alias);
  if (!found || items(found.text).length === 0) return checked(defaults);
  const platforms = items(found.text).map(parsePlatform);
  const wrong = platforms.find((platform) => !platform.ok);
  if (wrong) return bad(found, wrong.problem, 'write os/arch or os/arch/variant, separated by commas');
  return checked(platforms.flatMap((platform) => (platform.ok ? [platform.value] : [])));
}

/**
 * Secrets count in the Application's namespace only, whatever letter case or registry part the text has; upstream's
 * check looks at one spelling (reference part 1, defect 52).
 */
function readPullSecret(
  { annotations, namespace }: Application,
  alias: string | undefined,
): Checked<string | undefined> {
  const found = find(annotations, SETTINGS.pullSecret, alias);
  if (!found) return checked(undefined);
  const source = parseCredentialSource(found.text);
  if (!source.ok) return bad(found, source.problem, 'write where the credentials are kept, never the credentials');
  if ('namespace' in source.value && source.value.namespace !== namespace) {
    const message = `the Secret is in namespace ${source.value.namespace}, the Application in ${namespace}`;
    return bad(found, message, `create the Secret in ${namespace}, and name it there`);
  }
  return checked(found.text);
}

/** A blank value is no boolean; only the image's own counts before that of the Application. */
function readFlag(annotations: Annotations, setting: Setting, alias: string | undefined): Checked<boolean> {
  const own = alias === undefined ? undefined : findOwn(annotations, setting, alias);
  const found = own ?? findOwn(annotations, setting, undefined);
  if (!found) return checked(false);
  const flag = parseGoBoolean(found.text);
  return flag.ok ? flag : bad(found, flag.problem, 'write "true" or "false", in quotes');
}

function readKeys(annotations: Annotations, alias: string | undefined): Checked<TargetKeys> {
  if (alias === undefined) return checked({});
  const settings = ['helmName', 'helmTag', 'helmSpec', 'kustomizeName'] as const;
  const found = settings.flatMap((name) => {
    const setting = find(annotations, SETTINGS[name], alias);
    return setting ? [[name, setting] as const] : [];
  });
  const helm = found.find(([name]) => name !== 'kustomizeName');
  const kustomize = found.find(([name]) => name === 'kustomizeName');
  if (helm && kustomize) {
    const message = `stands beside ${helm[1].key}, but an image is either Helm's or Kustomize's`;
    return bad(kustomize[1], message, 'remove one of the two');
  }
  return checked(Object.fromEntries(found.map(([name, { text }]) => [name, text])));
}

function items(text: string): readonly string[] {
  return text
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');
}

function bad({ key, scope }: Found, problem: string, fix: string) {
  return refused({ code: 'CONFIG_INVALID', message: `${key}: ${problem}`, fix, scope });
}
