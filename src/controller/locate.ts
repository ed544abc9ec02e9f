import { type Application, applicationId, type Source } from '../core/applications/application.ts';
import { Failure } from '../core/failure.ts';
import { formatFieldPath } from '../core/field-path.ts';
import { shownRepoURL } from '../core/redact.ts';
import { normalizeRepoURL } from '../core/repo-url.ts';
import type { TargetFile, TargetImage, TargetKind } from '../core/target.ts';
import { targetCandidates } from '../core/target-path.ts';
import type { FileSetting, TrackedImage } from '../core/tracked-image.ts';
import type { BranchRef, Git, GitAccess, Tree } from '../ports/git.ts';
import { chooseSource, type SourceChoice } from '../sources/choose-source.ts';
import { listField } from '../writeback/application.ts';
import { type ApplicationPlace, type FilePlace, type LocatedImage, type Stage, stage } from './items.ts';
import { searchImage, statedByItself } from './knowledge.ts';
import { type OpenTree, perTree, readTarget, treeOpener } from './trees.ts';

type CredentialNames = Pick<GitAccess, 'credentialName'>;

export interface Locator {
  readonly git: Git & CredentialNames;
  readonly kinds: readonly TargetKind[];
  readonly argocdNamespace: string;
}

/** Finds the file that states each image's version, and reads what Git says. */
export type LocateImages = (images: readonly TrackedImage[]) => Promise<Stage<LocatedImage>>;

/** Trees are opened once for all images, whenever they are located; what files say is read once for those of one call. */
export function openLocator({ git, kinds, argocdNamespace }: Locator, signal: AbortSignal): LocateImages {
  const open = treeOpener(git, signal);
  return (images) => {
    const files = perTree<OpenedTarget>();
    const openTarget = (tree: Tree, kind: TargetKind, paths: readonly string[]) =>
      files(tree, `${kind.id} ${paths[0]}`, () => openFirst(tree, kind, paths));
    const tracked = images.map((image) => ({ tracked: image }));
    return stage(tracked, (image) => locate(image.tracked, { git, open, openTarget, kinds, argocdNamespace }), signal);
  };
}

interface OpenedTarget {
  readonly path: string;
  readonly file: TargetFile;
}

interface Means {
  readonly git: CredentialNames;
  readonly open: OpenTree;
  readonly openTarget: (tree: Tree, kind: TargetKind, paths: readonly string[]) => Promise<OpenedTarget>;
  readonly kinds: readonly TargetKind[];
  readonly argocdNamespace: string;
}

async function locate(tracked: TrackedImage, means: Means): Promise<LocatedImage> {
  const { image, keys } = tracked;
  const treeOf = (source: Source) => means.open(sourceBranch(tracked, source));
  const choice = accepted(await chooseSource(tracked, treeOf));
  const asked: TargetImage = { image, keys, tool: choice.tool, source: choice.source };
  const { target } = tracked.writeBack;
  const place =
    target.kind === 'application'
      ? await locateInApplication(tracked, choice, asked, treeOf)
      : await locateInFile(tracked, target, choice, asked, means);
  const { usedAs } = place.knowledge;
  return { tracked, place: usedAs === undefined ? place : { ...place, wanted: { ...asked, usedAs } } };
}

type Chosen = SourceChoice & { readonly ok: true };

async function locateInFile(
  tracked: TrackedImage,
  setting: FileSetting,
  { source, type }: Chosen,
  asked: TargetImage,
  means: Means,
): Promise<FilePlace> {
  const branch = targetBranch(tracked, source);
  const tree = await means.open(branch);
  const kind = means.kinds.find(({ id }) => id === setting.kind);
  if (!kind) throw new Error(`no target kind ${setting.kind}`);
  const paths = candidates(tracked.application, setting, source, means.argocdNamespace);
  const { path, file } = await means.openTarget(tree, kind, paths);
  const stated = file.read(asked);
  const knowledge = await searchImage({
    application: tracked.application,
    image: asked,
    type,
    file: { path, stated },
    files: async () => ({
      tree: source.chart === undefined ? await means.open(sourceBranch(tracked, source)) : undefined,
      values: { tree, repoURL: branch.repoURL },
    }),
  });
  const target = { kind: kind.id, repoURL: branch.repoURL, branch: branch.writeBranch ?? tree.branch, path };
  const credential = means.git.credentialName(branch);
  return { branch, tree, kind, target, credential, wanted: asked, stated, knowledge };
}

async function locateInApplication(
  { application }: TrackedImage,
  { source, type, tool }: Chosen,
  asked: TargetImage,
  treeOf: (source: Source) => Promise<Tree>,
): Promise<ApplicationPlace> {
  const sourceIndex = application.sources.indexOf(source);
  const path = formatFieldPath(listField(application, sourceIndex, tool));
  const files = async () => {
    const tree = source.chart === undefined ? await treeOf(source) : undefined;
    return { tree, values: tree && { tree, repoURL: source.repoURL } };
  };
  const knowledge = await searchImage({ application, image: asked, type, files });
  const target = { kind: 'application', application: applicationId(application), path } as const;
  return { target, sourceIndex, wanted: asked, stated: statedByItself(asked), knowledge };
}

function accepted(choice: SourceChoice): Chosen {
  if (choice.ok) return choice;
  const { code, message, fix } = choice.problem;
  throw new Failure(code, message, { fix });
}

/** Where the source's own files are: on the branch that is written, unless they lie in another repository. */
export function sourceBranch(tracked: TrackedImage, source: Source): BranchRef {
  const isWritten = tracked.writeBack.target.kind !== 'application' && tracked.writeBack.repoURL === undefined;
  if (isWritten) return targetBranch(tracked, source);
  const { repoURL, targetRevision } = source;
  return { repoURL, branch: targetRevision, project: tracked.application.project };
}

/**
 * The branch that holds an image's target.
 * @throws {Failure} SOURCE_AMBIGUOUS where several could, or none
 */
export function targetBranch(tracked: TrackedImage, source: Source): BranchRef {
  const [branch, ...others] = targetBranches(tracked, source);
  if (branch !== undefined && others.length === 0) return branch;
  const { writeBack, application } = tracked;
  const repoURL = shownRepoURL(writeBack.repoURL ?? source.repoURL);
  const why =
    branch === undefined
      ? `the version of the chart ${source.chart} is no branch of ${repoURL}`
      : `${others.length + 1} revisions of ${repoURL} are sources of the Application`;
  throw new Failure('SOURCE_AMBIGUOUS', `${why}, so that git-branch must be set`, {
    fix: 'set git-branch to the branch that is written',
    object: applicationId(application),
  });
}

/** Each branch that could hold an image's target; none where the source is a chart and nothing else tells, and where
 * the Application itself is written. */
export function targetBranches({ application, writeBack }: TrackedImage, source: Source): readonly BranchRef[] {
  if (writeBack.target.kind === 'application') return [];
  const repoURL = writeBack.repoURL ?? source.repoURL;
  const revisions = writeBack.branch === undefined ? revisionsIn(repoURL, application, source) : [writeBack.branch];
  return revisions.map((branch) => ({
    repoURL,
    branch,
    ...(writeBack.writeBranch === undefined ? {} : { writeBranch: writeBack.writeBranch }),
    ...(writeBack.secret === undefined ? {} : { secret: writeBack.secret }),
    project: application.project,
  }));
}

/** As upstream those of the sources in this very repository, else that of the one that was chosen. */
function revisionsIn(repoURL: string, { sources }: TrackedImage['application'], chosen: Source): readonly string[] {
  const isHere = (source: Source) =>
    source.chart === undefined && normalizeRepoURL(source.repoURL) === normalizeRepoURL(repoURL);
  if (isHere(chosen)) return [chosen.targetRevision];
  const here = new Set(sources.filter(isHere).map(({ targetRevision }) => targetRevision));
  if (here.size > 0) return [...here];
  return chosen.chart === undefined ? [chosen.targetRevision] : [];
}

/**
 * Where the target's file may be, from the repository's root.
 * @throws {Failure} TARGET_OUTSIDE_REPOSITORY
 */
export function candidates(
  application: Application,
  setting: FileSetting,
  source: Source,
  argocdNamespace: string,
): readonly string[] {
  const sourcePath = source.path ?? '';
  const paths = targetCandidates(setting, { sourcePath, application, argocdNamespace });
  if (paths.ok) return paths.value;
  throw new Failure('TARGET_OUTSIDE_REPOSITORY', paths.problem, {
    fix: 'set write-back-target to a path inside the repository, from its root with a leading slash',
  });
}

/** The first that exists; what kind of target may be created is the kind's to say. */
async function openFirst(tree: Tree, kind: TargetKind, paths: readonly string[]): Promise<OpenedTarget> {
  const texts = await Promise.all(paths.map((path) => readTarget(tree, path)));
  const index = Math.max(
    0,
    texts.findIndex((text) => text !== undefined),
  );
  const path = paths[index] ?? '';
  return { path, file: kind.open(texts[index], path) };
}
