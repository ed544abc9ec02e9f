import { imageUse } from '../../core/image-use.ts';
import { formatVersion, type ImageVersion } from '../../core/image-version.ts';
import { formatReference, type ImageReference } from '../../core/reference.ts';
import type { Lack } from '../../core/wait-report.ts';
import type { ObservedOperation } from './observed-application.ts';
import { isOfCommit, revision } from './revision.ts';
import type { Finding, Look, Memory, Scene, Verdict, Wanted } from './verdict.ts';

/** Asked again so often at most. */
const AGAIN_MS = { refresh: 30_000, sync: 15_000 };

/**
 * Judges an Application by what is wanted, and says what to do about it. Of several things that it lacks the first in
 * the order of a rollout is told.
 * @param memory  undefined for the first look
 */
export function judge(
  memory: Memory | undefined,
  look: Look,
  wanted: Wanted,
): { readonly memory: Memory; readonly verdict: Verdict } {
  const { application, nowMs } = look;
  const before = memory ?? { firstOperation: application?.operation?.startedAt ?? '', askedMs: {} };
  if (application === undefined) return { memory: before, verdict: absent(memory !== undefined) };
  const scene = { application, wanted, memory: before, histories: look.histories };
  const finding = firstOf(scene);
  if (finding === undefined) return { memory: before, verdict: { kind: 'done' } };
  const { bad: _, ...rest } = before;
  const now = finding.kind === 'bad' ? { ...rest, bad: badSince(before, finding.lacks, nowMs) } : rest;
  return paced(now, settled(finding, now, nowMs, wanted.graceMs), nowMs);
}

function firstOf(scene: Scene): Finding | undefined {
  for (const check of CHECKS) {
    const finding = check(scene);
    if (finding) return finding;
  }
  return undefined;
}

function badSince({ bad }: Memory, lacks: Lack, nowMs: number) {
  return bad?.lacks === lacks ? bad : { lacks, sinceMs: nowMs };
}

function settled(
  finding: Finding,
  { bad }: Memory,
  nowMs: number,
  graceMs: number,
): Exclude<Verdict, { kind: 'done' }> {
  if (finding.kind !== 'bad') return finding;
  const { otherwise, ...rest } = finding;
  if (bad === undefined || nowMs - bad.sinceMs < graceMs) return { ...rest, kind: 'waiting' };
  return otherwise ? { kind: 'unknown', problem: otherwise } : { kind: 'failed', reason: finding.reason };
}

/** Leaves out what was asked a short while ago, and remembers what is asked now. */
function paced(
  memory: Memory,
  verdict: Verdict,
  nowMs: number,
): { readonly memory: Memory; readonly verdict: Verdict } {
  if (verdict.kind !== 'waiting' || verdict.ask === undefined || verdict.ask.kind === 'history') {
    return { memory, verdict };
  }
  const { ask, ...silent } = verdict;
  const last = memory.askedMs[ask.kind];
  if (last !== undefined && nowMs - last < AGAIN_MS[ask.kind]) return { memory, verdict: silent };
  return { memory: { ...memory, askedMs: { ...memory.askedMs, [ask.kind]: nowMs } }, verdict };
}

function absent(wasThere: boolean): Verdict {
  if (wasThere) return { kind: 'failed', reason: 'it was deleted' };
  const fix = 'correct the name, or name its namespace: namespace/name or -n';
  return { kind: 'unknown', problem: { code: 'APPLICATION_GONE', message: 'there is no such Application', fix } };
}

/** In the order of a rollout. */
const CHECKS: readonly ((scene: Scene) => Finding | undefined)[] = [
  deletion,
  refresh,
  operationUnderWay,
  manifests,
  hydration,
  revision,
  operationFailed,
  ownSync,
  sync,
  health,
  images,
];

function deletion({ application }: Scene): Finding | undefined {
  return application.isBeingDeleted ? { kind: 'failed', reason: 'it is being deleted' } : undefined;
}

function refresh({ application, memory }: Scene): Finding | undefined {
  const reason = 'Argo CD is to compare it with Git';
  if (memory.askedMs.refresh === undefined) {
    return { kind: 'waiting', lacks: 'refresh', reason, ask: { kind: 'refresh' } };
  }
  return application.awaitsRefresh ? { kind: 'waiting', lacks: 'refresh', reason } : undefined;
}

function operationUnderWay({ application: { operation, reconciledAt } }: Scene): Finding | undefined {
  if (!operation) return undefined;
  if (operation.isUnderWay) return { kind: 'waiting', lacks: 'operation', reason: describeUnderWay(operation) };
  // Both by the cluster's clock. Until Argo CD has compared anew, the rest of the status is of before.
  const isCompared = operation.finishedAt === '' || Date.parse(reconciledAt) >= Date.parse(operation.finishedAt);
  if (isCompared || isFailed(operation)) return undefined;
  return { kind: 'waiting', lacks: 'refresh', reason: 'Argo CD is to look at what its sync has done' };
}

function describeUnderWay({ phase, retries, finishedAt, message }: ObservedOperation): string {
  const said = message === '' ? '' : `: ${message}`;
  if (phase === '') return 'a sync is asked for';
  if (phase === 'Terminating') return `a sync is being terminated${said}`;
  if (finishedAt !== '') return `a sync failed and will be tried again (retry ${retries + 1})${said}`;
  return `a sync is running${said}`;
}

function isFailed({ phase }: ObservedOperation): boolean {
  return phase === 'Failed' || phase === 'Error';
}

function manifests({ application: { errors } }: Scene): Finding | undefined {
  return errors.length > 0 ? { kind: 'bad', lacks: 'manifests', reason: errors.join('; ') } : undefined;
}

function hydration({ application }: Scene): Finding | undefined {
  if (application.hydration?.phase === 'Hydrating') {
    return { kind: 'waiting', lacks: 'hydration', reason: 'its manifests are being hydrated' };
  }
  if (application.hydration?.phase !== 'Failed') return undefined;
  return { kind: 'bad', lacks: 'hydration', reason: `hydrating failed: ${application.hydration.message}` };
}

/** Whether an operation is the one that was asked for here, or does the same. */
function isMeant(operation: ObservedOperation, scene: Scene): boolean {
  const { commit, syncMark } = scene.wanted;
  if (syncMark !== undefined && operation.notes.includes(syncMark)) return true;
  const isNew = operation.startedAt !== scene.memory.firstOperation;
  // An older one can be of the commit, too, but does not count as the one that is to be asked for.
  return commit === undefined ? isNew : isOfCommit(operation, scene) && (isNew || syncMark === undefined);
}

/** An automated sync is not tried again for the same revision, so that a failed one is final. */
function operationFailed(scene: Scene): Finding | undefined {
  const { operation } = scene.application;
  if (!operation || !isFailed(operation) || !isMeant(operation, scene)) return undefined;
  return { kind: 'failed', reason: `its sync failed: ${operation.message || operation.phase}` };
}

function ownSync(scene: Scene): Finding | undefined {
  const { operation } = scene.application;
  if (scene.wanted.syncMark === undefined || (operation && isMeant(operation, scene))) return undefined;
  return { kind: 'waiting', lacks: 'operation', reason: 'a sync is to be asked for', ask: { kind: 'sync' } };
}

function sync({ application, wanted }: Scene): Finding | undefined {
  if (application.sync === 'Synced') return undefined;
  const isOnItsOwn = application.isAutomated || wanted.syncMark !== undefined;
  const hint = isOnItsOwn ? '' : '; nothing syncs it by itself: somebody has to, or give --sync';
  return { kind: 'waiting', lacks: 'sync', reason: `it is ${application.sync || 'not compared yet'}${hint}` };
}

/** What was degraded before can look so for a moment after a sync, until its controllers have seen the change. */
function health({ application: { health: state, healthMessage } }: Scene): Finding | undefined {
  if (state === 'Healthy') return undefined;
  const reason = `it is ${state || 'not judged yet'}${healthMessage === '' ? '' : `: ${healthMessage}`}`;
  return { kind: state === 'Degraded' ? 'bad' : 'waiting', lacks: 'health', reason };
}

function images({ application: { reported }, wanted }: Scene): Finding | undefined {
  for (const image of wanted.images) {
    const { kind, mentions } = imageUse({ image, keys: {} }, reported);
    const versions = mentions.flatMap((mention) => mention.versions);
    if (versions.some((version) => isVersionOf(image, version))) continue;
    const others = versions.map((version) => (version ? formatVersion(version) : 'no version'));
    const instead = {
      used: `it runs ${[...new Set(others)].join(', ')}, which another commit must have set`,
      unused: 'Argo CD reports no such image; of custom resources it never does',
      unknown: 'Argo CD has not told of all its images',
    }[kind];
    return { kind: 'bad', lacks: 'image', reason: `it does not run ${formatReference(image)}: ${instead}` };
  }
  return undefined;
}

function isVersionOf({ tag, digest }: ImageReference, used: ImageVersion | undefined): boolean {
  const isTag = tag === undefined || tag === used?.tag;
  return isTag && (digest === undefined || digest === used?.digest);
}
