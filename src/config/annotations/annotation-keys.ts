import type { FieldPath } from '../../core/field-path.ts';
import { isOneSlip, nearest } from '../../core/nearest.ts';
import type { Remark } from '../remark.ts';
import type { Written } from '../written.ts';

/** One thing that annotations can say, by the name that follows the prefix (and an image's alias). */
export interface Setting {
  readonly prefix: string;
  readonly name: string;
  readonly scopes: readonly ('application' | 'image')[];
}

const UPSTREAM = 'argocd-image-updater.argoproj.io';
/** The prefix of our own annotations. */
export const OURS = 'tiphys.dev';
const PREFIXES = [UPSTREAM, OURS];

/** Everything that is read, upstream's two lines together (reference part 1, 1.12). */
export const SETTINGS = {
  imageList: { prefix: UPSTREAM, name: 'image-list', scopes: ['application'] },
  updateStrategy: { prefix: UPSTREAM, name: 'update-strategy', scopes: ['application', 'image'] },
  allowTags: { prefix: UPSTREAM, name: 'allow-tags', scopes: ['application', 'image'] },
  /** What `allow-tags` was called before. */
  tagMatch: { prefix: UPSTREAM, name: 'tag-match', scopes: ['image'] },
  ignoreTags: { prefix: UPSTREAM, name: 'ignore-tags', scopes: ['application', 'image'] },
  forceUpdate: { prefix: UPSTREAM, name: 'force-update', scopes: ['application', 'image'] },
  pullSecret: { prefix: UPSTREAM, name: 'pull-secret', scopes: ['application', 'image'] },
  platforms: { prefix: UPSTREAM, name: 'platforms', scopes: ['image'] },
  helmName: { prefix: UPSTREAM, name: 'helm.image-name', scopes: ['image'] },
  helmTag: { prefix: UPSTREAM, name: 'helm.image-tag', scopes: ['image'] },
  helmSpec: { prefix: UPSTREAM, name: 'helm.image-spec', scopes: ['image'] },
  kustomizeName: { prefix: UPSTREAM, name: 'kustomize.image-name', scopes: ['image'] },
  writeBackMethod: { prefix: UPSTREAM, name: 'write-back-method', scopes: ['application'] },
  writeBackTarget: { prefix: UPSTREAM, name: 'write-back-target', scopes: ['application'] },
  gitBranch: { prefix: UPSTREAM, name: 'git-branch', scopes: ['application'] },
  gitRepository: { prefix: UPSTREAM, name: 'git-repository', scopes: ['application'] },
  allowDowngrade: { prefix: OURS, name: 'allow-downgrade', scopes: ['application', 'image'] },
  suspend: { prefix: OURS, name: 'suspend', scopes: ['application'] },
  refresh: { prefix: OURS, name: 'refresh', scopes: ['application'] },
  source: { prefix: OURS, name: 'source', scopes: ['image'] },
  /** Where the Application's versions come from, which an image's source has nothing to do with. */
  versionSource: { prefix: OURS, name: 'source', scopes: ['application'] },
  pullRequest: { prefix: OURS, name: 'pull-request', scopes: ['application'] },
  pullRequestGroup: { prefix: OURS, name: 'pull-request.group', scopes: ['application'] },
  pullRequestLabels: { prefix: OURS, name: 'pull-request.labels', scopes: ['application'] },
  pullRequestReviewers: { prefix: OURS, name: 'pull-request.reviewers', scopes: ['application'] },
  pullRequestAssignees: { prefix: OURS, name: 'pull-request.assignees', scopes: ['application'] },
  pullRequestDraft: { prefix: OURS, name: 'pull-request.draft', scopes: ['application'] },
  pullRequestAutoMerge: { prefix: OURS, name: 'pull-request.auto-merge', scopes: ['application'] },
} as const satisfies Readonly<Record<string, Setting>>;

/** Asks for a look now; the controller takes it off after the look. */
export const REFRESH = `${OURS}/${SETTINGS.refresh.name}`;

const ALL: readonly Setting[] = Object.values(SETTINGS);
const OF_IMAGES = ALL.filter(({ scopes }) => scopes.includes('image'));
const OF_APPLICATIONS = ALL.filter(({ scopes }) => scopes.includes('application'));

const KEYS_OF_APPLICATIONS: ReadonlySet<string> = new Set(OF_APPLICATIONS.map((setting) => keyOf(setting)));

export type Annotations = Readonly<Record<string, string>>;

/** The key of a setting for the whole Application, or for the image of an alias. */
export function keyOf({ prefix, name }: Setting, alias?: string): string {
  return alias === undefined ? `${prefix}/${name}` : `${prefix}/${alias}.${name}`;
}

/** Where the annotation of a key stands in its object. */
export function keyPath(key: string): FieldPath {
  return ['metadata', 'annotations', key];
}

/** The image's own value, blanks around it taken off; for the Application when `alias` is undefined. */
export function findOwn(annotations: Annotations, setting: Setting, alias: string | undefined): Written | undefined {
  const key = keyOf(setting, alias);
  const value = Object.hasOwn(annotations, key) ? annotations[key]?.trim() : undefined;
  const scope = alias === undefined ? 'application' : 'image';
  return value === undefined ? undefined : { key, value, scope, path: keyPath(key) };
}

/** The image's own value, else the Application's; blank values do not count. */
export function find(annotations: Annotations, setting: Setting, alias: string | undefined): Written | undefined {
  const own = alias === undefined ? undefined : findFilled(annotations, setting, alias);
  const general = findFilled(annotations, setting, undefined);
  return own && general ? { ...own, replaces: true } : (own ?? general);
}

function findFilled(annotations: Annotations, setting: Setting, alias: string | undefined): Written | undefined {
  if (!setting.scopes.includes(alias === undefined ? 'application' : 'image')) return undefined;
  const found = findOwn(annotations, setting, alias);
  return found?.value === '' ? undefined : found;
}

/** The first annotation that is ours to read. */
export function firstOurKey(annotations: Annotations): string | undefined {
  return Object.keys(annotations).find((key) => nameIn(key) !== undefined);
}

/** Whether somebody wrote, or with a slip of one letter in the prefix meant to write, an annotation of upstream. */
export function isAnnotated(annotations: Annotations): boolean {
  return Object.keys(annotations).some((key) => isMeantFor(key, [UPSTREAM]));
}

export function hasImageList(annotations: Annotations): boolean {
  return findOwn(annotations, SETTINGS.imageList, undefined) !== undefined;
}

/** A key that sets nothing, and the image that its author seems to have meant. */
export interface StrayKey extends Remark {
  readonly alias: string | undefined;
}

/**
 * Keys under one of the prefixes that nothing reads: misspelt settings, and settings of images that are not listed.
 * @param aliases as they stand in keys
 * @param listed where the aliases come from: an ImageUpdater's images leave upstream's annotations unread
 */
export function findStrayKeys(
  annotations: Annotations,
  aliases: readonly string[],
  listed: 'image-list' | 'images' = 'image-list',
): readonly StrayKey[] {
  const prefixes = listed === 'image-list' ? PREFIXES : [OURS];
  const stray = Object.keys(annotations).filter((key) => isMeantFor(key, prefixes) && !isRead(key, aliases));
  // Hardly any Application has one, and there are many settings to compare it with.
  if (stray.length === 0) return [];
  const known = new Map(
    [...KEYS_OF_APPLICATIONS, ...aliases.flatMap((alias) => OF_IMAGES.map((setting) => keyOf(setting, alias)))].map(
      (key) => [key, nameIn(key) ?? ''],
    ),
  );
  return stray.sort().map((key) => unmatchedAlias(key, aliases, listed) ?? unknownKey(key, aliases, known));
}

function isRead(key: string, aliases: readonly string[]): boolean {
  if (KEYS_OF_APPLICATIONS.has(key)) return true;
  return OF_IMAGES.some((setting) => {
    const alias = aliasIn(key, setting);
    return alias !== undefined && aliases.includes(alias);
  });
}

/** The alias in the key of an image's setting; undefined for any other key. */
function aliasIn(key: string, { prefix, name }: Setting): string | undefined {
  const isOfSetting = key.startsWith(`${prefix}/`) && key.endsWith(`.${name}`);
  return isOfSetting ? key.slice(prefix.length + 1, -name.length - 1) : undefined;
}

/** Whether a key begins with one of the prefixes, or with a slip of one. */
export function isMeantFor(key: string, prefixes: readonly string[]): boolean {
  return nameIn(key, prefixes) !== undefined || nameBehindSlip(key, prefixes) !== undefined;
}

/** The part behind the prefix. */
function nameIn(key: string, prefixes: readonly string[] = PREFIXES): string | undefined {
  const prefix = prefixes.find((one) => key.startsWith(`${one}/`));
  return prefix && key.slice(prefix.length + 1);
}

/** The part behind what is a prefix but for one letter; its owner would read the whole key for somebody else's. */
function nameBehindSlip(key: string, prefixes: readonly string[] = PREFIXES): string | undefined {
  const ends = prefixes.flatMap((prefix) =>
    [0, -1, 1].map((more) => prefix.length + 1 + more).filter((end) => isOneSlip(key.slice(0, end), `${prefix}/`)),
  );
  return ends[0] === undefined ? undefined : key.slice(ends[0]);
}

function unmatchedAlias(key: string, aliases: readonly string[], listed: string): StrayKey | undefined {
  const setting = OF_IMAGES.find((one) => aliasIn(key, one) !== undefined);
  if (!setting) return undefined;
  const alias = aliasIn(key, setting) ?? '';
  const meant = nearest(alias, aliases);
  const added =
    listed === 'images'
      ? 'add an image of that alias, or remove it'
      : `add the alias to image-list: ${alias || '<alias>'}=<image>`;
  return {
    code: 'CONFIG_UNMATCHED_ALIAS',
    message: `${key}: no image in ${listed} has the alias "${alias}"`,
    fix: meant ? `write ${keyOf(setting, meant)}` : added,
    scope: 'application',
    path: keyPath(key),
    alias: undefined,
  };
}

function unknownKey(key: string, aliases: readonly string[], known: ReadonlyMap<string, string>): StrayKey {
  const name = nameIn(key) ?? nameBehindSlip(key) ?? '';
  const meant = nearest(name, known.values());
  const right = [...known].find(([, other]) => other === meant)?.[0];
  const alias = aliases.filter((one) => name.startsWith(`${one}.`)).sort((a, b) => b.length - a.length)[0];
  return {
    code: 'CONFIG_UNKNOWN_KEY',
    message: `${key}: there is no such setting`,
    fix: right ? `write ${right}` : 'remove it, or look up its name in docs/configuration.md',
    scope: alias === undefined ? 'application' : 'image',
    path: keyPath(key),
    alias,
  };
}
