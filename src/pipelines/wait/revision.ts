import type { Problem } from '../../core/failure.ts';
import { normalizeRepoURL } from '../../core/repo-url.ts';
import type { ObservedApplication, ObservedOperation, ObservedSource } from './observed-application.ts';
import type { Finding, Scene, Wanted } from './verdict.ts';

/** Whether what Argo CD has compared with has the wanted commit. */
export function revision(scene: Scene): Finding | undefined {
  const { application, wanted } = scene;
  if (wanted.commit === undefined) return hydratedRevision(application);
  const sources = meantSources(application, wanted);
  const asked = sources.map((source) => ({ source, has: hasCommit(revisionOf(source, application), scene) }));
  if (asked.some(({ has }) => has === true)) return hydratedRevision(application);
  const reason = `${describeRevisions(sources, application)}; wanted ${short(wanted.commit)}`;
  const unknown = asked.find(({ has }) => has === undefined);
  if (unknown === undefined) return { kind: 'waiting', lacks: 'revision', reason, ask: { kind: 'refresh' } };
  if (wanted.repoURL !== undefined) {
    const source = { ...unknown.source, revision: revisionOf(unknown.source, application) };
    return { kind: 'waiting', lacks: 'revision', reason, ask: { kind: 'history', source } };
  }
  return { kind: 'bad', lacks: 'revision', reason, ask: { kind: 'refresh' }, otherwise: unknownHistory(reason) };
}

function unknownHistory(reason: string): Omit<Problem, 'object'> {
  return {
    code: 'REVISION_UNKNOWN',
    message: `${reason}; whether that is older or newer cannot be told`,
    fix: 'give the repository with --repo, so that its commits can be read',
  };
}

/** What is synced is the commit that the hydrator made of the dry one, and nobody else writes to its branch. */
function hydratedRevision({ hydration, sources }: ObservedApplication): Finding | undefined {
  if (!hydration || sources.some((source) => source.revision === hydration.hydratedSHA)) return undefined;
  const reason = `hydrated as ${short(hydration.hydratedSHA)}, which Argo CD has not compared with yet`;
  return { kind: 'waiting', lacks: 'revision', reason, ask: { kind: 'refresh' } };
}

/** Those of the repository; a single one is meant however its address is written. */
function meantSources({ sources }: ObservedApplication, { repoURL }: Wanted): readonly ObservedSource[] {
  if (repoURL === undefined || sources.length === 1) return sources;
  return sources.filter((source) => normalizeRepoURL(source.repoURL) === normalizeRepoURL(repoURL));
}

function revisionOf(source: ObservedSource, { hydration }: ObservedApplication): string {
  return hydration ? hydration.drySHA : source.revision;
}

/** undefined while nobody knows. */
function hasCommit(at: string, { wanted: { commit }, histories }: Scene): boolean | undefined {
  if (commit === undefined || (at !== '' && at.startsWith(commit))) return true;
  return at === '' ? false : histories.get(at);
}

function describeRevisions(sources: readonly ObservedSource[], application: ObservedApplication): string {
  const revisions = sources.map((source) => revisionOf(source, application)).filter((text) => text !== '');
  if (sources.length === 0) return 'none of its sources is of that repository';
  return revisions.length === 0 ? 'it was never compared with Git' : `it is at ${revisions.map(short).join(', ')}`;
}

function short(text: string): string {
  return /^[0-9a-f]{12,}$/.test(text) ? text.slice(0, 12) : text;
}

/** Whether what an operation synced to has the wanted commit. */
export function isOfCommit({ revisions }: ObservedOperation, scene: Scene): boolean {
  const { hydration } = scene.application;
  return revisions.some((at) => (hydration ? at === hydration.hydratedSHA : hasCommit(at, scene)) === true);
}
