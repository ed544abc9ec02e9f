/** A number of a version: exact up to 2^64 - 1, a bigint only where a double would lose digits. */
type VersionNumber = number | bigint;

/** A version as Masterminds/semver v3.4.0 reads it: missing parts are 0, build metadata takes no part in the order. */
export interface SemanticVersion {
  readonly major: VersionNumber;
  readonly minor: VersionNumber;
  readonly patch: VersionNumber;
  /** Identifiers of the pre-release suffix, numeric ones as numbers; empty for a release. */
  readonly prerelease: readonly (VersionNumber | string)[];
}

const IDENTIFIERS = '[0-9A-Za-z-]+(?:\\.[0-9A-Za-z-]+)*';
const VERSION = new RegExp(`^v?([0-9]+)(?:\\.([0-9]+))?(?:\\.([0-9]+))?(?:-(${IDENTIFIERS}))?(?:\\+${IDENTIFIERS})?$`);
const DIGITS = /^[0-9]+$/;
const RELEASE: SemanticVersion['prerelease'] = [];
/** The largest number that a part of a version can hold. */
const MAX_VERSION_NUMBER = 2n ** 64n - 1n;

/**
 * Reads `[v]N[.N[.N]][-pre][+meta]` without blanks; undefined for anything else, for numbers above 64 bits and for
 * numeric pre-release identifiers with leading zeros. Leading zeros elsewhere are fine.
 * @see Masterminds/semver v3.4.0, NewVersion
 */
export function parseVersion(text: string): SemanticVersion | undefined {
  const match = VERSION.exec(text);
  if (!match) return undefined;
  const major = parseNumber(match[1] ?? '0');
  const minor = parseNumber(match[2] ?? '0');
  const patch = parseNumber(match[3] ?? '0');
  const prerelease = match[4] === undefined ? RELEASE : parsePrerelease(match[4]);
  if (major === undefined || minor === undefined || patch === undefined || prerelease === undefined) return undefined;
  return { major, minor, patch, prerelease };
}

export function isPrerelease(version: SemanticVersion): boolean {
  return version.prerelease.length > 0;
}

/** Precedence: negative when `a` is older, 0 when equal (spelling and metadata aside), positive when newer. */
export function compareVersions(a: SemanticVersion, b: SemanticVersion): number {
  return (
    compareNumbers(a.major, b.major) ||
    compareNumbers(a.minor, b.minor) ||
    compareNumbers(a.patch, b.patch) ||
    comparePrereleases(a, b)
  );
}

/** Precedence of the suffixes alone: a release stands above its pre-releases, a longer suffix above its beginning. */
export function comparePrereleases(a: SemanticVersion, b: SemanticVersion): number {
  const [left, right] = [a.prerelease, b.prerelease];
  if (left.length === 0 || right.length === 0) return right.length - left.length;
  for (const [index, identifier] of left.entries()) {
    const other = right[index];
    if (other === undefined) return 1;
    const order = compareIdentifiers(identifier, other);
    if (order !== 0) return order;
  }
  return left.length - right.length;
}

export function compareNumbers(a: VersionNumber, b: VersionNumber): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function compareIdentifiers(a: VersionNumber | string, b: VersionNumber | string): number {
  const aIsText = typeof a === 'string';
  const bIsText = typeof b === 'string';
  if (!aIsText && !bIsText) return compareNumbers(a, b);
  if (aIsText !== bIsText) return aIsText ? 1 : -1;
  return a < b ? -1 : a > b ? 1 : 0;
}

function parseNumber(digits: string): VersionNumber | undefined {
  if (digits.length <= 15) return Number(digits);
  const exact = BigInt(digits);
  if (exact > MAX_VERSION_NUMBER) return undefined;
  return exact <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(exact) : exact;
}

function parsePrerelease(text: string): SemanticVersion['prerelease'] | undefined {
  const identifiers = text.split('.');
  if (identifiers.some((identifier) => identifier.length > 1 && identifier[0] === '0' && DIGITS.test(identifier))) {
    return undefined;
  }
  // The library compares numeric identifiers beyond 64 bits as text.
  return identifiers.map((identifier) =>
    DIGITS.test(identifier) ? (parseNumber(identifier) ?? identifier) : identifier,
  );
}
