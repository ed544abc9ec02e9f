import { type Application, sourceField } from '../core/applications/application.ts';
import {
  generatingSet,
  managingApplication,
  objectionOfParent,
  objectionOfSet,
} from '../core/applications/application-owner.ts';
import type { Change } from '../core/change.ts';
import { Failure, type Problem, toProblem } from '../core/failure.ts';
import type { FieldPath } from '../core/field-path.ts';
import { formatVersion, type ImageVersion, sameVersion } from '../core/image-version.ts';
import { mapBounded } from '../core/map-bounded.ts';
import { parseApplication } from '../core/objects/parse-application.ts';
import type { PatchReport } from '../core/report.ts';
import type { EditProblem, WantedImage } from '../core/target.ts';
import { unifiedDiff } from '../core/unified-diff.ts';
import type { Untyped } from '../core/untyped.ts';
import type { JsonPatchOperation, LiveApplications, PatchOutcome } from '../ports/cluster.ts';
import { type LiveList, listField, openLiveList } from '../writeback/application.ts';
import type { Fate } from './compose.ts';
import { type ApplicationChange, identify, itemObject } from './items.ts';
import type { PatchMemory } from './patch-memory.ts';

/** What became of all changes of Applications themselves. */
export interface Patched {
  readonly patches: readonly PatchReport[];
  readonly fates: ReadonlyMap<Change, Fate>;
  /** Changes of Applications that could not be written at all. */
  readonly failed: ReadonlyMap<Change, Problem>;
}

/** What Applications are written by. */
export interface Patcher {
  readonly applications: LiveApplications;
  readonly argocdNamespace: string;
  readonly memory: PatchMemory;
  /** Work out everything, and write nothing. */
  readonly dryRun: boolean;
}

/** Each is a few requests. */
const AT_A_TIME = 10;

/** One patch for each Application, several side by side. */
export async function patchApplications(
  changes: readonly ApplicationChange[],
  patcher: Patcher,
  signal: AbortSignal,
): Promise<Patched> {
  const groups = [...Map.groupBy(changes, ({ place }) => place.target.application).values()];
  const results = await mapBounded(groups, AT_A_TIME, (group) => patchApplication(group, patcher, signal));
  return {
    patches: results.flatMap(({ patches }) => patches),
    fates: new Map(results.flatMap(({ fates }) => [...fates])),
    failed: new Map(results.flatMap(({ failed }) => [...failed])),
  };
}

/** Somebody may write the Application between our look and our patch, and again. */
const MOST_TRIES = 3;

async function patchApplication(
  changes: readonly ApplicationChange[],
  patcher: Patcher,
  signal: AbortSignal,
): Promise<Patched> {
  try {
    for (let tries = 1; ; tries += 1) {
      const draft = await compose(changes, patcher, signal);
      const { application, operations, fates, patches } = draft;
      if (patcher.dryRun || operations.length === 0) return { patches, fates, failed: new Map() };
      const outcome = await patcher.applications.patch(application, operations, signal);
      if (outcome.kind === 'test-failed' && tries < MOST_TRIES) continue;
      return conclude(draft, outcome, patcher);
    }
  } catch (error) {
    const [first] = changes;
    const problem = toProblem(first?.place.target.application ?? '', error);
    return { patches: [], fates: new Map(), failed: new Map(changes.map((change) => [change, problem])) };
  }
}

/** What has to be sent so that an Application says what is wanted of it, as it is now. */
interface Draft {
  readonly application: Application;
  readonly operations: readonly JsonPatchOperation[];
  readonly fates: ReadonlyMap<ApplicationChange, Fate>;
  readonly patches: readonly PatchReport[];
}

async function compose(changes: readonly ApplicationChange[], patcher: Patcher, signal: AbortSignal): Promise<Draft> {
  const now = await readNow(changes, patcher, signal);
  const lists = [...Map.groupBy(changes, ({ place }) => place.target.path).values()];
  const edited = await Promise.all(lists.map((sameList) => editList(sameList, now, patcher, signal)));
  return {
    application: now.application,
    operations: edited.flatMap(({ operations }) => operations),
    fates: new Map(edited.flatMap(({ fates }) => [...fates])),
    patches: edited.flatMap(({ patches }) => patches),
  };
}

/** The changes of one list: those that others overtook, and those that go on together. */
async function editList(
  changes: readonly ApplicationChange[],
  { object, application }: Now,
  patcher: Patcher,
  signal: AbortSignal,
): Promise<Omit<Draft, 'application'>> {
  const fates = new Map<ApplicationChange, Fate>();
  const [first] = changes;
  if (!first || !isSourceThere(application, first)) {
    for (const change of changes) fates.set(change, superseded('another source', application));
    return { operations: [], fates, patches: [] };
  }
  const { sourceIndex, wanted, target } = first.place;
  const list = openLiveList(object, application, sourceIndex, wanted.tool);
  const due = changes.filter((change) => {
    const fate = overtaken(change, list, application, patcher.memory);
    if (fate) fates.set(change, fate);
    return fate === undefined;
  });
  if (due.length === 0) return { operations: [], fates, patches: [] };
  const objection = await objectionTo(object, listField(application, sourceIndex, wanted.tool), patcher, signal);
  const patched = list.patch(due.map((change): WantedImage => ({ ...change.wanted, version: change.to })));
  for (const [index, change] of due.entries()) {
    const problem = objection ?? patched.problems.get(index);
    fates.set(change, problem ? { kind: 'refused', problem } : { kind: 'applied' });
  }
  if (objection) return { operations: [], fates, patches: [] };
  const { application: name, path } = target;
  const diff = unifiedDiff(`${name}/${path}`, patched.before, patched.after);
  return { operations: patched.operations, fates, patches: diff === '' ? [] : [{ application: name, path, diff }] };
}

/** An Application as the API has it now, and as it is read. */
interface Now {
  readonly object: Untyped;
  readonly application: Application;
}

async function readNow(
  changes: readonly ApplicationChange[],
  { applications }: Patcher,
  signal: AbortSignal,
): Promise<Now> {
  const key = changes[0]?.tracked.application;
  const object = key && (await applications.application(key, signal));
  if (!object) throw gone();
  const read = parseApplication(object, key.namespace);
  if (read.ok) return { object, application: read.value };
  throw new Failure('APPLICATION_INVALID', read.problem, { fix: 'correct the Application' });
}

function gone(): Failure {
  const fix = 'nothing, if it was deleted on purpose';
  return new Failure('APPLICATION_GONE', 'the Application was deleted meanwhile', { fix });
}

/** Whether the source that was chosen still stands where it stood. */
function isSourceThere(now: Application, { tracked, place: { sourceIndex, wanted } }: ApplicationChange): boolean {
  const before = wanted.source;
  const source = now.sources[sourceIndex];
  return (
    String(sourceField(now, sourceIndex)) === String(sourceField(tracked.application, sourceIndex)) &&
    (['repoURL', 'path', 'chart', 'name'] as const).every((key) => source?.[key] === before[key])
  );
}

function superseded(says: string, application: Application): Fate {
  return { kind: 'superseded', says, application };
}

/** What became of a change because of what the Application says by now; undefined when it is still due. */
function overtaken(
  change: ApplicationChange,
  list: LiveList,
  application: Application,
  { written }: PatchMemory,
): Fate | undefined {
  const says = list.read(change.wanted);
  if (sameVersion(says, change.to)) return { kind: 'void' };
  if (!sameVersion(says, change.stated)) return superseded(textOf(says), application);
  const before = written.get(itemObject(identify(change.tracked)));
  if (before?.from !== textOf(says) || before.to !== formatVersion(change.to)) return undefined;
  return { kind: 'refused', problem: before.undone };
}

function textOf(version: ImageVersion | undefined): string {
  return version ? formatVersion(version) : 'nothing';
}

function setBack(from: string, to: string): EditProblem {
  return {
    code: 'APPLICATION_SET_BACK',
    message: `it was set from ${from} to ${to}, and somebody else has set it back`,
    fix: 'find out who (an ApplicationSet, an Application that holds its manifest, a person), or set write-back-method: git',
  };
}

/** Of the hydrator's dry source, for one, older releases know no tool's block. */
function notKept(path: string): EditProblem {
  return {
    code: 'APPLICATION_REFUSED',
    message: `the API server takes the change and leaves ${path} out: this release of Argo CD has no such field`,
    fix: 'upgrade Argo CD with its CustomResourceDefinitions, or set write-back-method: git',
  };
}

/** Why the field would not keep what is written to it. */
async function objectionTo(
  object: Untyped,
  field: FieldPath,
  { applications, argocdNamespace }: Patcher,
  signal: AbortSignal,
): Promise<EditProblem | undefined> {
  const setKey = generatingSet(object);
  const set = setKey && (await applications.applicationSet(setKey, signal));
  const bySet = set && objectionOfSet(set, object, field);
  if (bySet) return bySet;
  const parentKey = managingApplication(object, argocdNamespace);
  const parent = parentKey && (await readParent(parentKey, applications, signal));
  return parent && objectionOfParent(parent, object, field);
}

/** In another namespace it may well be out of sight. */
async function readParent(
  key: { namespace: string; name: string },
  applications: LiveApplications,
  signal: AbortSignal,
) {
  try {
    return await applications.application(key, signal);
  } catch (error) {
    if (error instanceof Failure && (error.code === 'CLUSTER_FORBIDDEN' || error.code === 'ARGOCD_FORBIDDEN')) {
      return undefined;
    }
    throw error;
  }
}

function conclude(draft: Draft, outcome: PatchOutcome, { memory }: Patcher): Patched {
  const { application, fates, patches } = draft;
  const applied = [...fates].flatMap(([change, { kind }]) => (kind === 'applied' ? [change] : []));
  const instead = (fate: Fate): Patched => {
    return {
      patches: [],
      fates: new Map([...fates, ...applied.map((change) => [change, fate] as const)]),
      failed: new Map(),
    };
  };
  switch (outcome.kind) {
    case 'patched': {
      const lost = applied.filter((change) => !isKept(change, outcome.object, application));
      for (const change of applied) remember(change, lost.includes(change), memory);
      const paths = lost.map(({ place }) => place.target.path);
      return {
        patches: patches.filter(({ path }) => !paths.includes(path)),
        fates: new Map([...fates, ...lost.map(refusedAsLost)]),
        failed: new Map(),
      };
    }
    case 'test-failed':
      return instead(superseded('something else each time', application));
    case 'gone':
      throw gone();
    case 'refused': {
      const fix = 'do what it says, or set write-back-method: git';
      const message = `the API server refuses the change: ${outcome.reason}`;
      return instead({ kind: 'refused', problem: { code: 'APPLICATION_REFUSED', message, fix } });
    }
    default:
      return outcome satisfies never;
  }
}

/** Whether the object says what was written, as the API server has it afterwards. */
function isKept({ place: { sourceIndex, wanted }, to }: ApplicationChange, object: Untyped, was: Application): boolean {
  return sameVersion(openLiveList(object, was, sourceIndex, wanted.tool).read(wanted), to);
}

function refusedAsLost(change: ApplicationChange): [ApplicationChange, Fate] {
  return [change, { kind: 'refused', problem: notKept(change.place.target.path) }];
}

function remember({ tracked, stated, to, place }: ApplicationChange, isLost: boolean, { written }: PatchMemory): void {
  const [from, next] = [textOf(stated), formatVersion(to)];
  const undone = isLost ? notKept(place.target.path) : setBack(from, next);
  written.set(itemObject(identify(tracked)), { from, to: next, undone });
}
