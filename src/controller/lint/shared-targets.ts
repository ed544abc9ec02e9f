import { takesAnnotations } from '../../config/image-updater/select.ts';
import { remarkOn } from '../../config/written.ts';
import { applicationId, type Source, type SourceType } from '../../core/applications/application.ts';
import { Failure, type Problem } from '../../core/failure.ts';
import { formatFieldPath } from '../../core/field-path.ts';
import { canonicalName, formatImageName } from '../../core/reference.ts';
import type { EditProblem, Target, Tool } from '../../core/target.ts';
import type { TrackedImage } from '../../core/tracked-image.ts';
import type { Tree } from '../../ports/git.ts';
import { chooseSource, type SourceChoice } from '../../sources/choose-source.ts';
import { listField } from '../../writeback/application.ts';
import { spot } from '../conflicts.ts';
import { candidates, targetBranch } from '../locate.ts';
import type { RuledImage } from './overview.ts';
import { problemOf } from './written-image.ts';

/** An image and the spot where it is written, as far as both are known without a look at Git. */
interface Placed {
  readonly image: RuledImage;
  readonly tracked: TrackedImage;
  readonly path: string;
  readonly spot: string;
}

/**
 * What the settings alone tell about targets: sources that do not fit, and images that would overwrite each other.
 * What only a look at Git can tell is left to `plan`.
 */
export async function judgeTargets(
  images: readonly RuledImage[],
  argocdNamespace: string,
): Promise<readonly Problem[]> {
  const problems: Problem[] = [];
  const placed: Placed[] = [];
  for (const image of images) {
    const { tracked } = image;
    const choice = tracked && isMeant(image) ? await chooseWithoutGit(tracked) : undefined;
    if (!tracked || !choice) continue;
    if (!choice.ok) {
      problems.push(unfit(image, choice.problem));
      continue;
    }
    try {
      placed.push(place(image, tracked, choice, argocdNamespace));
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      problems.push(unfit(image, error));
    }
  }
  const spots = Map.groupBy(placed, (one) => one.spot);
  return [...problems, ...[...spots.values()].flatMap(collisions)];
}

/** The source that an image is written for; undefined when only its tree tells. */
async function chooseWithoutGit(tracked: TrackedImage): Promise<SourceChoice | undefined> {
  try {
    return await chooseSource({ ...tracked, application: withToolOfTarget(tracked) }, unknown);
  } catch (error) {
    if (error === UNKNOWN) return undefined;
    throw error;
  }
}

const UNKNOWN = new Error('only the tree of the source tells');

function unknown(_source: Source): Promise<Tree> {
  return Promise.reject(UNKNOWN);
}

/** A target that names its tool decides it where there is only one source. */
function withToolOfTarget({ application, writeBack }: TrackedImage): TrackedImage['application'] {
  const { sources, status } = application;
  const { kind } = writeBack.target;
  if (kind === 'argocd-source' || kind === 'application' || sources.length > 1 || status.sourceTypes.length > 0)
    return application;
  const type: SourceType = kind === 'kustomization' ? 'Kustomize' : 'Helm';
  return { ...application, status: { ...status, sourceTypes: [type] } };
}

function unfit(image: RuledImage, { code, message, fix }: EditProblem): Problem {
  const { object, origin, writeBack, policy, claim, tracked } = image;
  const { path } = writeBack.target ?? policy.constraint;
  // An ImageUpdater has many Applications; its problems are its own but for this one.
  const whose = claim && tracked ? `${applicationId(tracked.application)}: ${message}` : message;
  return { code, object, message: whose, fix, location: { path, ...(origin ? { origin } : {}) } };
}

function place(
  image: RuledImage,
  tracked: TrackedImage,
  { source, tool }: SourceChoice & { ok: true },
  argocdNamespace: string,
): Placed {
  const target = targetOf(tracked, source, tool, argocdNamespace);
  const asked = { image: tracked.image, keys: tracked.keys, tool, source };
  return { image, tracked, path: target.path, spot: spot(target, asked) };
}

function targetOf(tracked: TrackedImage, source: Source, tool: Tool, argocdNamespace: string): Target {
  const { application, writeBack } = tracked;
  const { target } = writeBack;
  if (target.kind === 'application') {
    const path = formatFieldPath(listField(application, application.sources.indexOf(source), tool));
    return { kind: 'application', application: applicationId(application), path };
  }
  const { repoURL, branch, writeBranch } = targetBranch(tracked, source);
  const [path = ''] = candidates(application, target, source, argocdNamespace);
  const written = writeBranch ?? branch;
  return { kind: target.kind, repoURL, branch: written === 'HEAD' ? '' : written, path };
}

/**
 * A pattern may select Applications that use only some of the reference's images, or have a source that nothing can be
 * written for; what nothing uses is not written. Where images are named for one Application, all of them are meant.
 */
function isMeant({ claim, tracked }: RuledImage): boolean {
  if (!claim || tracked?.policy.forceUpdate) return true;
  return takesAnnotations(claim) || !/[*?[]/.test(claim.ref.namePattern);
}

/** Each image that another one would overwrite; images under the same rule want the same, and get along. */
function collisions(neighbours: readonly Placed[]): readonly Problem[] {
  const rules = Map.groupBy(neighbours, ruleOf);
  return [...rules].flatMap(([rule, same]) => {
    const rival = rules.entries().find(([other]) => other !== rule)?.[1][0];
    return rival ? same.map((one) => collision(one, rival)) : [];
  });
}

function ruleOf({ image: { policy }, tracked }: Placed): string {
  const { constraint, allowTags, ignoreTags, platforms } = policy;
  const texts = [constraint, allowTags, ignoreTags, platforms].map((written) => written?.value ?? null);
  return JSON.stringify([canonicalName(tracked.image), tracked.policy.judge.strategy.id, ...texts]);
}

function collision({ image, tracked, path }: Placed, rival: Placed): Problem {
  const names = `${nameOf(tracked)} and ${nameOf(rival.tracked)}`;
  const problem = `${names} are written to the same place of ${path}, under different rules`;
  const fix = 'give each image names of its own (helm.image-tag, kustomize.image-name), or both the same rule';
  return problemOf(image, remarkOn({ ...image.policy.constraint, scope: 'image' }, 'TARGET_CONFLICT', problem, fix));
}

function nameOf({ application, alias, image }: TrackedImage): string {
  return `${applicationId(application)} ${alias} (${formatImageName(image)})`;
}
