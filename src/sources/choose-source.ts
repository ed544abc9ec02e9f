import type { Application, Source, SourceType } from '../core/applications/application.ts';
import { nearest } from '../core/nearest.ts';
import { resolveInRepository } from '../core/repository-path.ts';
import type { EditProblem, Tool } from '../core/target.ts';
import { isPluginImage, type TargetKeys, type TargetSetting, type WriteBack } from '../core/tracked-image.ts';
import type { Tree } from '../ports/git.ts';
import { detectSourceType, statedType } from './source-type.ts';

/** The source that a target belongs to, or why none can be told. */
export type SourceChoice =
  | { readonly ok: true; readonly source: Source; readonly type: SourceType; readonly tool: Tool }
  | { readonly ok: false; readonly problem: EditProblem };

/** Whose source is looked for. */
export interface Chooser {
  readonly application: Application;
  readonly writeBack: WriteBack;
  readonly keys: TargetKeys;
  /** The name of the source, or its index from 0, where somebody said which one is meant. */
  readonly source?: string;
}

/** What a source has to be for its image to be written there. */
interface Wanted {
  readonly target: TargetSetting;
  readonly plugin: boolean;
}

interface TypedSource {
  readonly source: Source;
  readonly type: SourceType;
}

/**
 * Which source of an Application its write-back target belongs to (reference part 1, 2.7 and 2.8): the one of several
 * that states the target's tool, else the one that has its type. Upstream takes the first of several and, where none
 * fits, any; here both are problems, because the wrong file would be written, unless the target's path tells or
 * somebody said which one is meant.
 * @param open the tree of a source; called only where neither the manifest nor its status tells the type
 * @throws {Failure} what `open` throws
 */
export async function chooseSource(
  { application, writeBack, keys, source: named }: Chooser,
  open: (source: Source) => Promise<Tree>,
): Promise<SourceChoice> {
  const { sources, status } = application;
  const wanted = { target: writeBack.target, plugin: isPluginImage(keys) };
  const [only, ...others] = sources;
  if (named !== undefined && others.length > 0) return chooseNamed(named, { application, writeBack, keys }, open);
  if (only && others.length === 0) return choose(await typed(only, status.sourceTypes[0], open), writeBack, wanted);

  const stated = sources.flatMap((source) => typedAsStated(source)).filter(({ type }) => fits(type, wanted));
  const found = stated.length > 0 ? stated : await typeAll(application, open);
  const fitting = found.filter(({ type }) => fits(type, wanted));
  if (fitting.length === 0) return unsupported(found, wanted);
  const [first, ...more] =
    fitting.length === 1 ? fitting : fitting.filter(({ source }) => holds(source, wanted.target));
  return first && more.length === 0
    ? choose(first, writeBack, wanted)
    : ambiguous(fitting.length, application, wanted.target);
}

/** By name, else by index; the target still has to fit its type. */
async function chooseNamed(
  named: string,
  { application, writeBack, keys }: Chooser,
  open: (source: Source) => Promise<Tree>,
): Promise<SourceChoice> {
  const { sources, status } = application;
  const byName = sources.findIndex(({ name }) => name === named);
  const index = byName < 0 && /^\d+$/.test(named) ? Number(named) : byName;
  const source = sources[index];
  if (!source) return unknownSource(named, application);
  const reported = status.sourceTypes.length === sources.length ? status.sourceTypes[index] : undefined;
  const wanted = { target: writeBack.target, plugin: isPluginImage(keys) };
  return choose(await typed(source, reported, open), writeBack, wanted);
}

/** Whether a target's path, written from the repository's root, lies in the source's own folder. */
function holds(source: Source, target: TargetSetting): boolean {
  if (!('path' in target) || !target.path?.startsWith('/') || source.path === undefined) return false;
  const path = resolveInRepository('', target.path);
  return path.ok && (path.value === source.path || path.value.startsWith(`${source.path}/`));
}

function typedAsStated(source: Source): readonly TypedSource[] {
  const type = statedType(source);
  return type ? [{ source, type }] : [];
}

/** The type of every source that renders something; those that only lend their files by `ref` are left out. */
function typeAll(application: Application, open: (source: Source) => Promise<Tree>): Promise<readonly TypedSource[]> {
  const { sources, status } = application;
  const reported = status.sourceTypes.length === sources.length ? status.sourceTypes : [];
  return Promise.all(
    sources
      .map((source, index) => ({ source, reported: reported[index] }))
      .filter(({ source }) => source.path !== undefined || source.chart !== undefined)
      .map((entry) => typed(entry.source, entry.reported, open)),
  );
}

async function typed(
  source: Source,
  reported: SourceType | undefined,
  open: (source: Source) => Promise<Tree>,
): Promise<TypedSource> {
  const type = statedType(source) ?? reported ?? detectSourceType(source, await open(source));
  return { source, type };
}

/** Whether a source of this type is what the target's kind, or the plugin's variables, are made for. */
function fits(type: SourceType | undefined, { target, plugin }: Wanted): boolean {
  if (plugin) return type === 'Plugin';
  switch (target.kind) {
    case 'kustomization':
      return type === 'Kustomize';
    case 'helmvalues':
      return type === 'Helm';
    case 'argocd-source':
    case 'application':
      return type === 'Helm' || type === 'Kustomize' || type === 'Plugin';
    default:
      return target satisfies never;
  }
}

/** A target that names its tool decides it, also for a plain directory; the others need one to override. */
function choose({ source, type }: TypedSource, { target, repoURL }: WriteBack, wanted: Wanted): SourceChoice {
  const isWritable = target.kind === 'application' || (repoURL !== undefined && target.kind !== 'argocd-source');
  if (source.chart !== undefined && !isWritable) return refuse(packedChart(source.chart));
  if (target.kind === 'kustomization') return { ok: true, source, type, tool: 'Kustomize' };
  if (target.kind === 'helmvalues') return { ok: true, source, type, tool: 'Helm' };
  if (!fits(type, wanted)) return unsupported([{ source, type }], wanted);
  if (wanted.plugin) return { ok: true, source, type, tool: 'Plugin' };
  // Argo CD takes no Helm parameters for a plugin.
  if (target.kind === 'application' && type === 'Plugin') return noVariables();
  // Without variables of its own a plugin's override file holds Helm parameters, as upstream writes it for old set-ups.
  return { ok: true, source, type, tool: type === 'Kustomize' ? 'Kustomize' : 'Helm' };
}

function ambiguous(count: number, { sources }: Application, target: TargetSetting): SourceChoice {
  const name = sources.find((source) => source.name !== undefined)?.name;
  return refuse({
    code: 'SOURCE_AMBIGUOUS',
    message: `${describe(target)} could belong to ${count} sources of the Application`,
    fix:
      (target.kind === 'application'
        ? ''
        : 'set write-back-target to kustomization:/<folder> or helmvalues:/<file>, in the folder of the source meant, or ') +
      `annotate the Application with tiphys.dev/<alias>.source: ${name ?? '<index from 0>'}`,
  });
}

function unknownSource(named: string, { sources }: Application): SourceChoice {
  const known = sources.map(({ name }, index) => name ?? String(index));
  return refuse({
    code: 'SOURCE_AMBIGUOUS',
    message: `the Application has no source "${named}", which its annotation names`,
    fix: `set tiphys.dev/<alias>.source to ${nearest(named, known) ?? `one of ${known.join(', ')}`}`,
  });
}

function unsupported(found: readonly TypedSource[], { target, plugin }: Wanted): SourceChoice {
  const types = found.map(({ type }) => type).join(', ') || 'none that renders anything';
  const method = target.kind === 'application' ? 'write-back-method to git, and ' : '';
  const what = plugin ? "the plugin's variables" : describe(target);
  return refuse({
    code: 'SOURCE_UNSUPPORTED',
    message: `no source of the Application fits ${what} (found: ${types})`,
    fix: plugin
      ? 'use manifestTargets.helm or kustomize, whichever the source reads, or give the source a plugin block'
      : `set ${method}write-back-target to kustomization:<folder> or helmvalues:<file>, whichever the source reads`,
  });
}

function noVariables(): SourceChoice {
  return refuse({
    code: 'SOURCE_UNSUPPORTED',
    message: "the source is a plugin's, and no variable of it is named for the image",
    fix: 'name the variables in manifestTargets.plugin of an ImageUpdater, or set write-back-method: git',
  });
}

function packedChart(chart: string): EditProblem {
  return {
    code: 'SOURCE_UNSUPPORTED',
    message: `the source is the packed chart ${chart}, in whose repository nothing can be written`,
    fix: 'set git-repository and write-back-target: helmvalues:/<file> to the values file that the source reads',
  };
}

function describe({ kind }: TargetSetting): string {
  return kind === 'application' ? 'the write-back method argocd' : `the write-back target ${kind}`;
}

function refuse(problem: EditProblem): SourceChoice {
  return { ok: false, problem };
}
