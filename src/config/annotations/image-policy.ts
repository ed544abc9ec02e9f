import type { Application } from '../../core/applications/application.ts';
import type { Platform } from '../../core/platform.ts';
import type { TargetKeys } from '../../core/tracked-image.ts';
import { adviseOn, type ReadPolicy, readPolicy, strategyName, type WrittenPolicy } from '../policy.ts';
import { type Checked, checked, type Remark, refused, remarksOf } from '../remark.ts';
import { NO_SWITCHES, readSwitch, readSwitches, type Switches } from '../switches.ts';
import { bad, type Written } from '../written.ts';
import { type Annotations, find, findOwn, keyOf, keyPath, SETTINGS, type Setting } from './annotation-keys.ts';
import type { ListedImage } from './image-list.ts';

/** What annotations say about one image. */
export interface ImageSettings extends ReadPolicy {
  readonly keys: TargetKeys;
}

/** Reads all settings of one listed image (reference part 1, 1.12), its own before those of the Application. */
export function readImageSettings(
  { annotations, namespace }: Application,
  listed: ListedImage,
  { defaultPlatforms, above }: { readonly defaultPlatforms: readonly Platform[]; readonly above: Switches },
): Checked<ImageSettings> {
  const policy = readPolicy(findPolicy(annotations, listed, above), { namespace, defaultPlatforms });
  const keys = readKeys(annotations, listed.keyAlias);
  if (!policy.ok || !keys.ok) return refused(...remarksOf([policy, keys]));
  return checked({ ...policy.value, keys: keys.value });
}

/** The strategy's name, for a report also where it does not exist. */
export function listedStrategy(annotations: Annotations, { keyAlias }: ListedImage): string {
  return strategyName({ strategy: find(annotations, SETTINGS.updateStrategy, keyAlias) });
}

/** What is read, but better written otherwise. */
export function readAdvice(annotations: Annotations, listed: ListedImage): readonly Remark[] {
  const remarks = [...adviseOn(findPolicy(annotations, listed))];
  const oldMatch = findAllowTags(annotations, listed.keyAlias);
  if (listed.keyAlias !== undefined && oldMatch?.key === keyOf(SETTINGS.tagMatch, listed.keyAlias)) {
    const fix = `rename it to ${keyOf(SETTINGS.allowTags, listed.keyAlias)}`;
    remarks.push(deprecated(`${oldMatch.key} is an old name`, fix, oldMatch.key));
  }
  if (listed.keyAlias !== undefined && listed.keyAlias !== listed.alias) {
    const message = `the alias "${listed.alias}" is read as "${listed.keyAlias}" in annotation keys`;
    remarks.push(deprecated(message, `use ${listed.keyAlias} in image-list as well`, keyOf(SETTINGS.imageList)));
  }
  return remarks;
}

/** The source of several that `tiphys.dev/<alias>.source` names. */
export function readSourceName(annotations: Annotations, alias: string | undefined): string | undefined {
  return alias === undefined ? undefined : find(annotations, SETTINGS.source, alias)?.value;
}

function deprecated(message: string, fix: string, key: string): Remark {
  return { code: 'CONFIG_DEPRECATED', message, fix, scope: 'image', path: keyPath(key) };
}

/** What annotations say about one image's policy. */
export function findPolicy(
  annotations: Annotations,
  { keyAlias, constraint }: ListedImage,
  above: Switches = NO_SWITCHES,
): WrittenPolicy {
  const image = (setting: Setting) => find(annotations, setting, keyAlias);
  const forceUpdate = readSwitch(annotations, SETTINGS.forceUpdate, keyAlias);
  const key = keyOf(SETTINGS.imageList);
  return {
    constraint: { key: 'image-list', value: constraint, scope: 'image', path: keyPath(key) },
    strategy: image(SETTINGS.updateStrategy),
    allowTags: findAllowTags(annotations, keyAlias),
    ignoreTags: asItems(findIgnoreTags(annotations, keyAlias)),
    platforms: keyAlias === undefined ? undefined : asItems(image(SETTINGS.platforms)),
    pullSecret: image(SETTINGS.pullSecret),
    forceUpdate: forceUpdate.ok ? checked(forceUpdate.value ?? false) : forceUpdate,
    ...readSwitches(annotations, keyAlias, above),
  };
}

/** `tag-match` counts only where neither the image nor the Application says `allow-tags`. */
function findAllowTags(annotations: Annotations, alias: string | undefined): Written | undefined {
  return find(annotations, SETTINGS.allowTags, alias) ?? find(annotations, SETTINGS.tagMatch, alias);
}

/** Present but blank, the image's own list replaces the Application's by nothing. */
function findIgnoreTags(annotations: Annotations, alias: string | undefined): Written | undefined {
  const own = alias === undefined ? undefined : findOwn(annotations, SETTINGS.ignoreTags, alias);
  return own ?? find(annotations, SETTINGS.ignoreTags, undefined);
}

function readKeys(annotations: Annotations, alias: string | undefined): Checked<TargetKeys> {
  const found = namesOf(annotations, alias);
  const helm = found.find(([name]) => name !== 'kustomizeName');
  const kustomize = found.find(([name]) => name === 'kustomizeName');
  if (helm && kustomize) {
    const problem = `stands beside ${helm[1].key}, but an image is either Helm's or Kustomize's`;
    return bad(kustomize[1], problem, 'remove one of the two');
  }
  return checked(keysIn(found));
}

/** What the target calls the image, at the first annotation that says so. */
export function findNames(annotations: Annotations, alias: string | undefined): Written<TargetKeys> | undefined {
  const found = namesOf(annotations, alias);
  return found[0] && { ...found[0][1], value: keysIn(found) };
}

type Names = readonly (readonly [keyof TargetKeys, Written])[];

function namesOf(annotations: Annotations, alias: string | undefined): Names {
  if (alias === undefined) return [];
  return (['helmName', 'helmTag', 'helmSpec', 'kustomizeName'] as const).flatMap((name) => {
    const setting = find(annotations, SETTINGS[name], alias);
    return setting ? [[name, setting] as const] : [];
  });
}

function keysIn(names: Names): TargetKeys {
  return Object.fromEntries(names.map(([name, { value }]) => [name, value]));
}

/** Items of a list in one text, separated by commas; blank ones do not count. */
function asItems(written: Written | undefined): Written<readonly string[]> | undefined {
  if (!written) return undefined;
  const items = written.value.split(',').map((item) => item.trim());
  return { ...written, value: items.filter((item) => item !== '') };
}
