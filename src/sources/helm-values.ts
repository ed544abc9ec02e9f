import type { Source } from '../core/applications/application.ts';
import { resolveInRepository } from '../core/repository-path.ts';
import type { Tree } from '../ports/git.ts';
import { readFileText } from './read-documents.ts';
import { inFolder } from './tree-index.ts';

/** One text of Helm values. */
interface HelmValuesLayer {
  /** From the repository's root; "spec.source.helm.values" for those in the Application. */
  readonly file: string;
  readonly text: string;
}

export interface HelmValues {
  /** Strongest first: the first one that says something about a key is what the chart sees. */
  readonly layers: readonly HelmValuesLayer[];
  /** What may say something too but cannot be read here, as phrases. */
  readonly unread: readonly string[];
}

type Place = { readonly kind: 'file'; readonly path: string } | { readonly kind: 'unread'; readonly reason: string };

/** The tree that was opened for a source, and whose it is. */
export interface ValuesTree {
  readonly tree: Tree;
  readonly repoURL: string;
}

/**
 * The values that a Helm source gives its chart, without running helm: those in the Application over its value files,
 * the last first, over the chart's own. Parameters, which beat all of them, are the caller's.
 * @param repoURL the repository of `tree`; the source's own, or another one that value files come from
 * @param sources all sources of the Application, for value files by `$ref`
 * @throws {Failure} when the repository itself cannot be read
 * @see Argo CD, "Helm", value files and their precedence
 */
export async function readHelmValues(
  { tree, repoURL }: ValuesTree,
  source: Source,
  sources: readonly Source[],
): Promise<HelmValues> {
  const inline = source.helm?.values;
  const lenders = sources.filter((lender) => isLentFrom(lender, source, repoURL));
  const home = sameRepository(source.repoURL, repoURL) ? source.path : undefined;
  const places = [chartValues(home), ...(source.helm?.valueFiles ?? []).map((file) => locate(file, home, lenders))];
  const read = await Promise.all(places.map((place) => readPlace(tree, place)));
  return {
    layers: [
      ...(inline === undefined ? [] : [{ file: 'spec.source.helm.values', text: inline }]),
      ...read.flatMap(({ layer }) => (layer ? [layer] : [])).toReversed(),
    ],
    unread: read.flatMap(({ unread }) => (unread === undefined ? [] : [unread])),
  };
}

/** @param home the chart's folder in the tree; undefined when the chart is not there */
function chartValues(home: string | undefined): Place {
  if (home !== undefined) return { kind: 'file', path: inFolder(home, 'values.yaml') };
  return { kind: 'unread', reason: "the chart's own values, which are not in the repository" };
}

/** Where a value file lies: relative to the chart, "/" from the root, "$ref/" from the root of another source. */
function locate(file: string, home: string | undefined, lenders: readonly Source[]): Place {
  const [, ref, below] = /^\$([A-Za-z0-9_-]+)\/(.*)$/s.exec(file) ?? [];
  if (ref !== undefined && below !== undefined) {
    return lenders.some((lender) => lender.ref === ref) ? inside('', below, file) : elsewhere(file);
  }
  // Globs, and variables of the build environment, are Argo CD's to expand.
  if (home === undefined || /:\/\/|[*?[$]/.test(file)) return elsewhere(file);
  return inside(home, file, file);
}

/** A packed chart has no revision in Git; otherwise the tree holds the lender's files only at the same revision. */
function isLentFrom(lender: Source, source: Source, repoURL: string): boolean {
  const sameRevision = source.chart !== undefined || lender.targetRevision === source.targetRevision;
  return sameRepository(lender.repoURL, repoURL) && sameRevision;
}

function sameRepository(a: string, b: string): boolean {
  return bare(a) === bare(b);
}

function bare(repoURL: string): string {
  return repoURL.replace(/\/$/, '').replace(/\.git$/, '');
}

function inside(folder: string, path: string, file: string): Place {
  const resolved = resolveInRepository(folder, path);
  return resolved.ok ? { kind: 'file', path: resolved.value } : elsewhere(file);
}

function elsewhere(file: string): Place {
  return { kind: 'unread', reason: `value file ${file.replace(/\/\/[^/@]*@/, '//').replace(/\?.*$/, '')}` };
}

async function readPlace(
  tree: Tree,
  place: Place,
): Promise<{ readonly layer?: HelmValuesLayer; readonly unread?: string }> {
  if (place.kind === 'unread') return { unread: place.reason };
  const text = await readFileText(tree, place.path);
  if (text.kind === 'text') return { layer: { file: place.path, text: text.text } };
  return text.kind === 'unread' ? { unread: text.reason } : {};
}
