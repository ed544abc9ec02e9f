import { OUTCOME_RULES } from '../../core/deciding/decision.ts';
import type { Expectation, ExpectedDecision, PolicyTest, TestedPolicy } from '../../core/deciding/policy-test.ts';
import { parseAllowTags } from '../../core/deciding/tag-filter.ts';
import { FAILURE_CODES, type Problem } from '../../core/failure.ts';
import type { FieldPath } from '../../core/field-path.ts';
import { type ImageVersion, parseVersionText } from '../../core/image-version.ts';
import { nearest } from '../../core/nearest.ts';
import type { Origin } from '../../core/origin.ts';
import { parseTimestamp } from '../../core/timestamp.ts';
import { asText, isUntyped } from '../../core/untyped.ts';
import { Fields, type KnownMapping } from '../fields.ts';
import { readTextDocuments, type TextDocument } from '../text-documents.ts';
import { readListedTag } from './listed-tag.ts';
import { type PlainPolicy, readPlainPolicy } from './plain-policy.ts';

// Every key of the format; schemas/policy-tests.schema.json has the same, which a test checks.
const FILE_KEYS = ['tests'] as const;
const TEST_KEYS = ['name', 'policy', 'current', 'now', 'tags', 'expect'] as const;
const POLICY_KEYS = [
  'strategy',
  'constraint',
  'allowTags',
  'ignoreTags',
  'platforms',
  'allowDowngrade',
  'suspended',
] as const satisfies readonly (keyof PlainPolicy)[];
const EXPECT_KEYS = ['tag', 'outcome', 'rule', 'digest', 'error'] as const;

const OUTCOMES = ['update', 'current', 'held', 'none', 'failed'];
const RULES = [...OUTCOME_RULES, ...FAILURE_CODES];

export interface ReadPolicyTests {
  /** Those that can be run, in the order of the file. */
  readonly tests: readonly PolicyTest[];
  /** Everything that is wrong with the others. */
  readonly failures: readonly Problem[];
}

/**
 * Tests of policies: a mapping with a list of `tests`, in YAML or JSON, or JSON Lines with one test on each line. A test
 * that is not well formed does not stop the others. A policy that cannot be read is no fault of the file: it may be just
 * what is tested.
 * @param file the file as a person knows it
 */
export function readPolicyTests(file: string, text: string): ReadPolicyTests {
  const { documents, failures } = readTextDocuments(file, text);
  const read = documents.map(readDocument);
  return {
    tests: read.flatMap(({ tests }) => tests),
    failures: [...failures, ...read.flatMap((one) => one.failures)],
  };
}

function readDocument({ value, origin }: TextDocument): ReadPolicyTests {
  if (isUntyped(value) && !Object.hasOwn(value, 'tests') && looksLikeTest(value)) return readTest(value, origin, []);
  const fields = new Fields(origin);
  const file = fields.mapping(value, [], FILE_KEYS);
  const items = file && fields.list(file, 'tests');
  if (file && !items && fields.problems.length === 0) {
    fields.refuse([], 'there are no tests', 'list them under tests:, or write one on each line as JSON');
  }
  const read = items?.map((item, index) => readTest(item, origin, ['tests', index])) ?? [];
  return {
    tests: read.flatMap(({ tests }) => tests),
    failures: [...fields.problems, ...read.flatMap(({ failures }) => failures)],
  };
}

/** A misspelt `tests` is no test, whatever else it is. */
function looksLikeTest(value: object): boolean {
  return Object.keys(value).some((key) => TEST_KEYS.some((known) => known === key));
}

function readTest(value: unknown, origin: Origin, path: FieldPath): ReadPolicyTests {
  const fields = new Fields(origin);
  const test = fields.mapping(value, path, TEST_KEYS);
  if (!test) return { tests: [], failures: fields.problems };
  const name = fields.text(test, 'name') ?? missing(fields, test, 'name', 'say in a few words what is tested');
  const policy = readTestedPolicy(fields, test);
  const current = readCurrent(fields, test);
  checkNow(fields, test);
  const items = fields.list(test, 'tags') ?? missing(fields, test, 'tags', 'list the tags; there may be none: []');
  const tags = items?.flatMap((item, index) => readListedTag(fields, item, [...path, 'tags', index]) ?? []);
  const expected = readExpectation(fields, test);
  if (fields.problems.length > 0) return { tests: [], failures: fields.problems };
  if (name === undefined || policy === undefined || tags === undefined || expected === undefined) {
    throw new Error('a test without problems lacks a part');
  }
  return { tests: [{ name, location: { origin, path }, policy, current, tags, expected }], failures: [] };
}

function missing(fields: Fields, { value, path }: KnownMapping, key: string, fix: string): undefined {
  // What is there and of the wrong type has its problem already.
  if (value[key] === undefined || value[key] === null) fields.refuse([...path, key], 'is missing', fix);
}

function readTestedPolicy(fields: Fields, test: KnownMapping): TestedPolicy | undefined {
  const mapping = fields.mapping(test.value['policy'] ?? {}, [...test.path, 'policy'], POLICY_KEYS);
  if (!mapping) return undefined;
  const plain = {
    strategy: fields.text(mapping, 'strategy'),
    constraint: fields.text(mapping, 'constraint'),
    ignoreTags: fields.texts(mapping, 'ignoreTags'),
    platforms: fields.texts(mapping, 'platforms'),
    allowDowngrade: fields.flag(mapping, 'allowDowngrade'),
    suspended: fields.flag(mapping, 'suspended'),
  };
  const allowTags = parseAllowTags(fields.text(mapping, 'allowTags') ?? '');
  const read = readPlainPolicy(plain, (field) => field);
  if (!read.ok) {
    const problem = read.remarks.map(({ message }) => message).join('; ');
    return { kind: 'unreadable', code: read.remarks[0]?.code ?? 'CONFIG_INVALID', problem, filtersOnly: false };
  }
  if (!allowTags.ok) {
    const problem = `allowTags: ${allowTags.problem}`;
    return { kind: 'unreadable', code: 'CONFIG_INVALID', problem, filtersOnly: true };
  }
  return { kind: 'policy', policy: { ...read.value, allowTags: allowTags.value } };
}

function readCurrent(fields: Fields, test: KnownMapping): ImageVersion | undefined {
  const text = fields.text(test, 'current');
  if (text === undefined || text === '') return undefined;
  const version = parseVersionText(text);
  if (version.ok) return version.value;
  fields.refuse([...test.path, 'current'], version.problem, 'write tag, tag@digest or @digest, or leave it out');
  return undefined;
}

/** Nothing depends on the time yet; a wrong one would be noticed only once something does. */
function checkNow(fields: Fields, test: KnownMapping): void {
  const text = fields.text(test, 'now');
  if (text === undefined || parseTimestamp(text) !== undefined) return;
  fields.refuse([...test.path, 'now'], `"${text}" is not a time`, 'write it as 2026-01-05T00:00:00Z');
}

function readExpectation(fields: Fields, test: KnownMapping): Expectation | undefined {
  const path = [...test.path, 'expect'];
  const value = test.value['expect'];
  if (value === undefined) {
    fields.refuse(path, 'is missing', 'write the tag that is to be chosen, or null for none');
    return undefined;
  }
  if (value === null) return null;
  const tag = asText(value);
  if (tag !== undefined) return tag;
  const before = fields.problems.length;
  const mapping = fields.mapping(value, path, EXPECT_KEYS);
  const expected = mapping && readExpectedDecision(fields, mapping);
  // What is misspelt is meant to be there.
  if (expected && Object.keys(expected).length === 0 && fields.problems.length === before) {
    fields.refuse(path, 'expects nothing', `write one of ${EXPECT_KEYS.join(', ')}`);
  }
  return expected;
}

function readExpectedDecision(fields: Fields, mapping: KnownMapping): Exclude<Expectation, string | null> {
  const { value, path } = mapping;
  const isError = fields.flag(mapping, 'error');
  const tag = value['tag'] === null ? null : fields.text(mapping, 'tag');
  const outcome = oneOf(fields, mapping, 'outcome', OUTCOMES);
  const rule = oneOf(fields, mapping, 'rule', RULES);
  const digest = fields.text(mapping, 'digest');
  const expected: ExpectedDecision = {
    ...(tag === undefined ? {} : { tag }),
    ...(outcome === undefined ? {} : { outcome }),
    ...(rule === undefined ? {} : { rule }),
    ...(digest === undefined ? {} : { digest }),
  };
  if (!isError) return expected;
  if (Object.keys(expected).length > 0) {
    fields.refuse([...path, 'error'], 'stands beside other expectations', 'keep one of the two: nothing is decided');
  }
  return { error: true };
}

function oneOf(fields: Fields, mapping: KnownMapping, key: string, known: readonly string[]): string | undefined {
  const text = fields.text(mapping, key);
  if (text !== undefined && !known.includes(text)) {
    const fix = `write ${nearest(text, known) ?? known.join(', ')}`;
    fields.refuse([...mapping.path, key], `there is no ${key} "${text}"`, fix);
  }
  return text;
}
