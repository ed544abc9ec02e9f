import { formatImageName, type ImageName, parseImageIdentifier, parseImageReference } from '../../core/reference.ts';

/** One entry of an image list. */
export interface ListedImage {
  /** The alias, or the image's name where it has none. */
  readonly alias: string;
  /** The alias as it stands in annotation keys; undefined where it has none, and no key can speak of it. */
  readonly keyAlias: string | undefined;
  readonly image: ImageName;
  /** Text behind the image's colon. */
  readonly constraint: string | undefined;
}

export interface ImageList {
  /** In the order of the list; those of one alias are all there. */
  readonly images: readonly ListedImage[];
  /** Entries that name no image. */
  readonly broken: readonly { readonly message: string; readonly fix: string }[];
}

/**
 * The annotation `image-list`: `[alias=]image[:constraint]`, separated by commas, blanks and empty entries of no
 * importance (reference part 1, 1.13).
 */
export function parseImageList(text: string): ImageList {
  const entries = text
    .split(',')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '')
    .map(parseEntry);
  return {
    images: entries.flatMap((entry) => (entry.ok ? [entry.listed] : [])),
    broken: entries.flatMap((entry) => (entry.ok ? [] : [{ message: entry.message, fix: entry.fix }])),
  };
}

/** A name has at most 255 characters, a tag 128; beyond this there is no sensible constraint either. */
const MAX_ENTRY = 2_048;

type Entry =
  | { readonly ok: true; readonly listed: ListedImage }
  | { readonly ok: false; readonly message: string; readonly fix: string };

function parseEntry(text: string): Entry {
  if (text.length > MAX_ENTRY) return notAnImage(`${text.slice(0, 80)}...`);
  const equals = hasAlias(text) ? text.indexOf('=') : -1;
  const alias = text.slice(0, Math.max(equals, 0)).trim();
  const identifier = text.slice(equals + 1).trim();
  if (alias === '' && looksLikeConstraint(identifier)) return cutConstraint(text);
  const named = parseNamedImage(identifier);
  if (!named) return notAnImage(text);
  return {
    ok: true,
    listed: {
      alias: alias || formatImageName(named.image),
      keyAlias: alias === '' ? undefined : alias.replaceAll('/', '_'),
      ...named,
    },
  };
}

/** `[registry/]repository[:constraint]`; undefined when it names no image. */
export function parseNamedImage(text: string): Pick<ListedImage, 'image' | 'constraint'> | undefined {
  if (text.length > MAX_ENTRY || text.includes('://')) return undefined;
  // The "=" in front keeps the text's own, which is part of its constraint, from being taken for an alias' separator.
  const { registry, repository, constraint } = parseImageIdentifier(`=${text}`);
  const image = { registry, repository };
  if (!parseImageReference(formatImageName(image)).ok) return undefined;
  return { image, constraint: constraint?.trim() || undefined };
}

/**
 * Whether the first "=" separates an alias. In `nginx:>=1.0` it belongs to the constraint, which no alias could look
 * like; upstream reads an image `1.0` with the alias `nginx:>` there (reference part 1, defect 7).
 */
function hasAlias(text: string): boolean {
  const equals = text.indexOf('=');
  return equals >= 0 && !/^[<>!~^*]|:(?:$|[^/]*[<>!~^|*])/.test(text.slice(0, equals));
}

/** What is left over when a comma stood inside a constraint: `<2.0`, `!=1.3`, `2.x`. */
function looksLikeConstraint(text: string): boolean {
  return /^[<>!~^*]/.test(text) || /^v?\d+(?:\.(?:\d+|[xX*]))*$/.test(text);
}

function cutConstraint(text: string): Entry {
  return {
    ok: false,
    message: `image-list: "${text}" is no image: a comma begins a new entry, also inside a constraint`,
    fix: 'write a blank instead of the comma, such as web=nginx:>=1.0 <2.0',
  };
}

function notAnImage(text: string): Entry {
  return {
    ok: false,
    message: `image-list: "${text}" names no image`,
    fix: 'write [alias=][registry/]repository[:constraint], the repository in lower case, such as web=nginx:~1.25',
  };
}
