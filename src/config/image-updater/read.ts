import type { Application } from '../../core/applications/application.ts';
import { type Problem, uniqueProblems } from '../../core/failure.ts';
import type { FieldPath } from '../../core/field-path.ts';
import { nearest } from '../../core/nearest.ts';
import type { ImageUpdaterObject } from '../../core/objects/image-updater-object.ts';
import type { Origin } from '../../core/origin.ts';
import { parseTimestamp } from '../../core/timestamp.ts';
import { isUntyped, listAt, type Untyped } from '../../core/untyped.ts';
import { isMeantFor, keyOf, keyPath, OURS, SETTINGS } from '../annotations/annotation-keys.ts';
import { problemIn } from '../problem.ts';
import { findPullRequest, PULL_REQUEST_SETTINGS, readPullRequest, type WrittenPullRequest } from '../pull-request.ts';
import { remarksOf } from '../remark.ts';
import { readSwitch, type Switches } from '../switches.ts';
import { type Admitted, admit, type FieldProblem, fieldProblem } from './check.ts';
import { type ImageUpdaterSpec, labelSelector, spec as specSchema } from './definition.ts';
import { ANY_LABELS, type LabelSelector, parseLabelSelector } from './label-selector.ts';
import { type NamePattern, parseNamePattern } from './name-pattern.ts';

/** An ImageUpdater, read. One that is wrong still says which Applications it means, so that no other takes them over. */
export interface ImageUpdater {
  readonly namespace: string;
  readonly name: string;
  /** "ImageUpdater argocd/shop", as it is called in problems. */
  readonly title: string;
  /** Nanoseconds since 1970; undefined counts as the newest. */
  readonly createdNs: bigint | undefined;
  readonly origin: Origin | undefined;
  readonly refs: readonly ApplicationRef[];
  /** Undefined when anything is wrong with the object. */
  readonly content:
    | { readonly spec: ImageUpdaterSpec; readonly switches: Switches; readonly pullRequest: WrittenPullRequest }
    | undefined;
}

/** One item of `applicationRefs`, as far as it selects. */
export interface ApplicationRef {
  readonly index: number;
  readonly namePattern: string;
  /** Specificity (reference part 1, 1.8). */
  readonly score: number;
  selects(application: Application): boolean;
}

export interface ImageUpdaters {
  readonly updaters: readonly ImageUpdater[];
  readonly failures: readonly Problem[];
  readonly warnings: readonly Problem[];
}

/** Reads every object by itself. The same object given twice is wrong both times: nobody can tell which is meant. */
export function readImageUpdaters(objects: readonly ImageUpdaterObject[]): ImageUpdaters {
  const groups = [...Map.groupBy(objects, ({ namespace, name }) => `${namespace}/${name}`).values()];
  const read = groups.flatMap((twins) => twins.map((object) => readImageUpdater(object, twins)));
  return {
    updaters: read.map(({ updater }) => updater),
    failures: uniqueProblems(read.flatMap(({ failures }) => failures)),
    warnings: uniqueProblems(read.flatMap(({ warnings }) => warnings)),
  };
}

interface ReadUpdater {
  readonly updater: ImageUpdater;
  readonly failures: readonly Problem[];
  readonly warnings: readonly Problem[];
}

function readImageUpdater(object: ImageUpdaterObject, twins: readonly ImageUpdaterObject[]): ReadUpdater {
  const { namespace, name, creationTimestamp, origin } = object;
  const title = `ImageUpdater ${namespace}/${name}`;
  const { given, removed } = withoutRemoved(object);
  const admitted = admit(specSchema, given, SPEC);
  const selectors = readRefs(given);
  const own = readOwnSettings(object);
  const asProblem = (problem: FieldProblem) => problemIn(title, origin, { ...problem, scope: 'application' });
  const problems = [
    ...(admitted.ok ? [] : admitted.problems),
    ...selectors.problems,
    ...(own.ok ? [] : own.problems),
    ...removed.filter(({ code }) => code !== 'CONFIG_DEPRECATED'),
  ];
  const failures = [...problems.map(asProblem), ...(twins.length > 1 ? [givenTwice(title, twins)] : [])];
  const isSound = admitted.ok && own.ok && failures.length === 0;
  return {
    updater: {
      namespace,
      name,
      title,
      createdNs: creationTimestamp === undefined ? undefined : parseTimestamp(creationTimestamp),
      origin,
      refs: selectors.refs,
      content: isSound ? { spec: admitted.value, ...own.value } : undefined,
    },
    failures,
    warnings: removed.filter(({ code }) => code === 'CONFIG_DEPRECATED').map(asProblem),
  };
}

const SPEC: FieldPath = ['spec'];

function givenTwice(title: string, twins: readonly ImageUpdaterObject[]): Problem {
  const places = twins.flatMap(({ origin }) => (origin ? [`${origin.file}:${origin.positionOf([]).line}`] : []));
  const message = `the object is given ${twins.length} times: ${places.join(', ')}`;
  return { code: 'CONFIG_CONFLICT', object: title, message, fix: 'give it once' };
}

/** `spec.namespace`, which the first releases had: now an object selects in its own namespace, and nowhere else. */
function withoutRemoved({ spec, namespace }: ImageUpdaterObject): {
  readonly given: unknown;
  readonly removed: readonly FieldProblem[];
} {
  if (!isUntyped(spec) || !Object.hasOwn(spec, 'namespace')) return { given: spec, removed: [] };
  const { namespace: former, ...given } = spec;
  const path = [...SPEC, 'namespace'];
  if (former === namespace) {
    const note = fieldProblem(path, "is not read any more; the object's own namespace counts", 'remove it');
    return { given, removed: [{ ...note, code: 'CONFIG_DEPRECATED' }] };
  }
  const problem = `is not read any more: only Applications in ${namespace}, the object's own namespace, are selected`;
  return { given, removed: [fieldProblem(path, problem, 'remove it, and move the object to the Applications')] };
}

/** Each reference whose pattern and labels can be read, whatever else is wrong with the object. */
function readRefs(spec: unknown): {
  readonly refs: readonly ApplicationRef[];
  readonly problems: readonly FieldProblem[];
} {
  const refs: ApplicationRef[] = [];
  const problems: FieldProblem[] = [];
  const items = isUntyped(spec) ? listAt(spec, 'applicationRefs') : [];
  for (const [index, item] of items.entries()) {
    if (!isUntyped(item)) continue;
    const path = [...SPEC, 'applicationRefs', index];
    const pattern = readPattern(item, path);
    const labels = readLabels(item, path);
    for (const read of [pattern, labels]) problems.push(...(read && !read.ok ? read.problems : []));
    if (pattern?.ok && labels?.ok) refs.push(applicationRef(index, pattern.value, labels.value));
  }
  return { refs, problems };
}

function applicationRef(index: number, pattern: NamePattern, labels: LabelSelector): ApplicationRef {
  return {
    index,
    namePattern: pattern.text,
    score: pattern.score + labels.score,
    selects: (application) => pattern.matches(application.name) && labels.matches(application.labels),
  };
}

/** Undefined when it is no text at all, which the schema complains of. */
function readPattern({ namePattern }: Untyped, path: FieldPath): Admitted<NamePattern> | undefined {
  if (typeof namePattern !== 'string') return undefined;
  const pattern = parseNamePattern(namePattern);
  if (pattern.ok) return pattern;
  const fix = 'correct the glob; a backslash takes the next character as it is';
  return { ok: false, problems: [fieldProblem([...path, 'namePattern'], pattern.problem, fix)] };
}

/** Undefined when it is no selector at all, which the schema complains of. */
function readLabels({ labelSelectors }: Untyped, path: FieldPath): Admitted<LabelSelector> | undefined {
  if (labelSelectors === undefined) return { ok: true, value: ANY_LABELS };
  const selector = admit(labelSelector, labelSelectors, path);
  return selector.ok ? parseLabelSelector(selector.value, [...path, 'labelSelectors']) : undefined;
}

const OWN_KEYS = [SETTINGS.suspend, SETTINGS.allowDowngrade, ...Object.values(PULL_REQUEST_SETTINGS)].map((setting) =>
  keyOf(setting),
);

interface OwnSettings {
  readonly switches: Switches;
  readonly pullRequest: WrittenPullRequest;
}

/** The object's own annotations, which count for all that it selects. */
function readOwnSettings({ annotations }: ImageUpdaterObject): Admitted<OwnSettings> {
  const suspended = readSwitch(annotations, SETTINGS.suspend, undefined);
  const allowDowngrade = readSwitch(annotations, SETTINGS.allowDowngrade, undefined);
  const pullRequest = findPullRequest(annotations);
  const readable = readPullRequest([pullRequest]);
  const unknown = Object.keys(annotations)
    .filter((key) => isMeantFor(key, [OURS]) && !OWN_KEYS.includes(key))
    .map(unknownAnnotation);
  if (suspended.ok && allowDowngrade.ok && readable.ok && unknown.length === 0) {
    const switches = { suspended: suspended.value ?? false, allowDowngrade: allowDowngrade.value ?? false };
    return { ok: true, value: { switches, pullRequest } };
  }
  const remarks = remarksOf([suspended, allowDowngrade, readable]);
  return { ok: false, problems: [...remarks.map((remark) => ({ path: [], ...remark })), ...unknown] };
}

function unknownAnnotation(key: string): FieldProblem {
  const message = `${key}: there is no such setting of an ImageUpdater`;
  const fix = `write ${nearest(key, OWN_KEYS) ?? OWN_KEYS.join(', ')}`;
  return { code: 'CONFIG_UNKNOWN_KEY', path: keyPath(key), message, fix };
}
