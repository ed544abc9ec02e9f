import { type Parsed, parsed, unparsable } from '../parsed.ts';
import {
  compareNumbers,
  comparePrereleases,
  compareVersions,
  isPrerelease,
  parseVersion,
  type SemanticVersion,
} from './semantic-version.ts';

/** A version constraint, parsed once and matched often. */
export interface Constraint {
  /** As written. */
  readonly text: string;
  /** False when no version at all can match: ">2 <1". */
  readonly satisfiable: boolean;
  matches(version: SemanticVersion): boolean;
  /** Why a version does not match, worded alike for alike versions; undefined when it matches. */
  explain(version: SemanticVersion): string | undefined;
}

/** One comparison, such as `>=1.2`. */
interface Term {
  readonly admits: Operator;
  /** The written version, absent and wildcard parts being 0. */
  readonly version: SemanticVersion;
  /** The last part that was written as a number. */
  readonly precision: 'none' | 'major' | 'minor' | 'patch';
}

type Operator = (version: SemanticVersion, term: Term) => boolean;

/** Terms that must all hold. */
interface Group {
  readonly terms: readonly Term[];
  /** Pre-releases match only in a group where some term is written with a suffix of its own. */
  readonly opensPrereleases: boolean;
}

// White space as Go's regular expressions know it: no vertical tab, no non-breaking space.
const BLANK = '[\\t\\n\\f\\r ]';
// The library's classes hold the bar by accident; it can stand in a part that follows a wildcard, and in a range.
const PART = '[0-9xX*|]+';
const IDENTIFIERS = '[0-9A-Za-z-]+(?:\\.[0-9A-Za-z-]+)*';
const WRITTEN = `v?(?:${PART})(?:\\.${PART})?(?:\\.${PART})?(?:-${IDENTIFIERS})?(?:\\+${IDENTIFIERS})?`;
const WRITTEN_PARTS = new RegExp(
  `^v?(${PART})(?:\\.(${PART}))?(?:\\.(${PART}))?(-${IDENTIFIERS})?(?:\\+${IDENTIFIERS})?$`,
);
const RANGE = new RegExp(`${BLANK}*(${WRITTEN})${BLANK}+-${BLANK}+(${WRITTEN})${BLANK}*`, 'g');
const TERM = new RegExp(`${BLANK}*(!=|>=|=>|<=|=<|~>|[=<>~^]|)${BLANK}*(${WRITTEN})`, 'y');
const SEPARATOR = new RegExp(`${BLANK}*,?${BLANK}*`, 'y');
// Range rewriting looks at a text from each of its characters, so the length is bounded; the library has no bound.
const MAX_LENGTH = 1024;

/**
 * Reads a constraint exactly as the library does, oddities included, since picks depend on them: `~0.0.0` admits
 * everything, `^*` only 0.0.0, `<=*` only 0.0.z, `1||2 - 3` is `>=1 || 2 <=3`.
 * The empty text is invalid here; "no constraint" is the strategy's to read.
 * @see Masterminds/semver v3.4.0, NewConstraint and Constraints.Check
 */
export function parseConstraint(text: string): Parsed<Constraint> {
  if (text.length > MAX_LENGTH) return unparsable(`the constraint is longer than ${MAX_LENGTH} characters`);
  const groups: Group[] = [];
  for (const part of rewriteRanges(text).split('||')) {
    const terms = parseTerms(part);
    if (terms === undefined) {
      return unparsable(`"${text}" is not a version constraint (such as ^1.2, ~1.2.3, 1.x or ">=1.0 <2.0")`);
    }
    groups.push({ terms, opensPrereleases: terms.some((term) => isPrerelease(term.version)) });
  }
  return parsed(constraintOf(text, groups));
}

function constraintOf(text: string, groups: readonly Group[]): Constraint {
  const matches = (version: SemanticVersion) =>
    groups.some((group) => isOpenTo(group, version) && admits(group, version));
  const satisfiable = groups.some((group) => witnesses(group).some(matches));
  const misfit = `does not satisfy ${text}${satisfiable ? '' : ', which no version can'}`;
  const closed = `has a pre-release suffix, and the constraint ${text} does not open pre-releases`;
  return {
    text,
    satisfiable,
    matches,
    explain(version) {
      if (matches(version)) return undefined;
      return groups.some((group) => admits(group, version)) ? closed : misfit;
    },
  };
}

function isOpenTo(group: Group, version: SemanticVersion): boolean {
  return group.opensPrereleases || !isPrerelease(version);
}

function admits(group: Group, version: SemanticVersion): boolean {
  return group.terms.every((term) => term.admits(version, term));
}

/** `A - B` as `>= A, <= B`, before anything else is looked at. */
function rewriteRanges(text: string): string {
  let rewritten = text;
  for (const [range, from, to] of text.matchAll(RANGE)) {
    rewritten = rewritten.replace(range, () => `>= ${from}, <= ${to} `);
  }
  return rewritten;
}

/** Terms separated by blanks or one comma; undefined when there is none or the text is not made of them alone. */
function parseTerms(text: string): Term[] | undefined {
  const terms: Term[] = [];
  let position = 0;
  let separator = '';
  do {
    TERM.lastIndex = position;
    const match = TERM.exec(text);
    if (!match) return undefined;
    const term = parseTerm(match[1] ?? '', match[2] ?? '');
    if (term === undefined) return undefined;
    terms.push(term);
    SEPARATOR.lastIndex = TERM.lastIndex;
    separator = SEPARATOR.exec(text)?.[0] ?? '';
    position = SEPARATOR.lastIndex;
  } while (position < text.length && separator !== '');
  return position < text.length || separator.includes(',') ? undefined : terms;
}

function parseTerm(operator: string, written: string): Term | undefined {
  const [, major, minor, patch, suffix = ''] = WRITTEN_PARTS.exec(written) ?? [];
  const precision = isWild(major) ? 'none' : isWild(minor) ? 'major' : isWild(patch) ? 'minor' : 'patch';
  const numbers = { none: '0', major: `${major}`, minor: `${major}.${minor}`, patch: `${major}.${minor}.${patch}` };
  const version = parseVersion(numbers[precision] + suffix);
  const admits = OPERATORS.get(operator);
  return version && admits ? { admits, version, precision } : undefined;
}

function isWild(part: string | undefined): boolean {
  return part === undefined || part === 'x' || part === 'X' || part === '*';
}

// How each operator reads a term. "none" precision behaves as 0.0.0 written in full, except where it is named.

const equal: Operator = (version, term) =>
  term.precision === 'patch' ? compareVersions(version, term.version) === 0 : tilde(version, term);

const notEqual: Operator = (version, term) => {
  if (term.precision === 'major') return !sameMajor(version, term);
  if (term.precision === 'minor') {
    return !sameMajor(version, term) || !sameMinor(version, term) || comparePrereleases(version, term.version) !== 0;
  }
  return compareVersions(version, term.version) !== 0;
};

const greater: Operator = (version, term) => {
  if (term.precision === 'major') return compareNumbers(version.major, term.version.major) > 0;
  if (term.precision === 'minor') return compareMajorMinor(version, term) > 0;
  return compareVersions(version, term.version) > 0;
};

const atLeast: Operator = (version, term) => compareVersions(version, term.version) >= 0;

const less: Operator = (version, term) => compareVersions(version, term.version) < 0;

const atMost: Operator = (version, term) => {
  if (term.precision === 'patch') return compareVersions(version, term.version) <= 0;
  if (term.precision === 'major') return compareNumbers(version.major, term.version.major) <= 0;
  return compareMajorMinor(version, term) <= 0;
};

const tilde: Operator = (version, term) => {
  if (!atLeast(version, term)) return false;
  if (isZero(term.version) && (term.precision === 'none' || term.precision === 'patch')) return true;
  return sameMajor(version, term) && (term.precision === 'major' || sameMinor(version, term));
};

const caret: Operator = (version, term) => {
  if (!atLeast(version, term) || !sameMajor(version, term)) return false;
  if (term.version.major !== 0 || term.precision === 'major') return true;
  if (!sameMinor(version, term)) return false;
  return term.version.minor !== 0 || term.precision === 'minor' || version.patch === term.version.patch;
};

const OPERATORS: ReadonlyMap<string, Operator> = new Map([
  ['', equal],
  ['=', equal],
  ['!=', notEqual],
  ['>', greater],
  ['>=', atLeast],
  ['=>', atLeast],
  ['<', less],
  ['<=', atMost],
  ['=<', atMost],
  ['~', tilde],
  ['~>', tilde],
  ['^', caret],
]);

function sameMajor(version: SemanticVersion, term: Term): boolean {
  return version.major === term.version.major;
}

function sameMinor(version: SemanticVersion, term: Term): boolean {
  return version.minor === term.version.minor;
}

function compareMajorMinor(version: SemanticVersion, term: Term): number {
  return compareNumbers(version.major, term.version.major) || compareNumbers(version.minor, term.version.minor);
}

function isZero(version: SemanticVersion): boolean {
  return version.major === 0 && version.minor === 0 && version.patch === 0;
}

/**
 * Versions of which at least one satisfies the group, if any version does: what a group admits is made of intervals,
 * and each begins at the lowest version of all, at a term's own version, or right behind one.
 */
function witnesses(group: Group): SemanticVersion[] {
  return group.terms.flatMap(({ version }) => {
    const [major, minor, patch] = [BigInt(version.major), BigInt(version.minor), BigInt(version.patch)];
    const starts = ['0.0.0', `${major}.${minor}.${patch + 1n}`, `${major}.${minor + 1n}.0`, `${major + 1n}.0.0`];
    const lowest = starts.flatMap((start) => [parseVersion(start), parseVersion(`${start}-0`)]);
    const rightBehind = { ...version, prerelease: [...version.prerelease, 0] };
    return [version, rightBehind, ...lowest.filter((start) => start !== undefined)];
  });
}
