import { type Application, applicationId } from '../../core/applications/application.ts';
import { type Problem, uniqueProblems } from '../../core/failure.ts';
import type { ImageName } from '../../core/reference.ts';
import { isPluginImage, type TargetKeys, type TrackedImage, type WriteBack } from '../../core/tracked-image.ts';
import { findStrayKeys } from '../annotations/annotation-keys.ts';
import { type AnnotationSettings, readAnnotations } from '../annotations/annotations.ts';
import { readSourceName } from '../annotations/image-policy.ts';
import { adviseOn, readPolicy, strategyName, type WrittenPolicy } from '../policy.ts';
import { problemIn } from '../problem.ts';
import { findPullRequest } from '../pull-request.ts';
import type { ReadImages, UnreadImage } from '../read-images.ts';
import { type Checked, type Remark, remarksOf } from '../remark.ts';
import { readHandoffOnly, readSwitches } from '../switches.ts';
import { readWriteBack } from '../write-back.ts';
import { remarkOn, writtenAt } from '../written.ts';
import { type RefImage, readRefImages } from './images.ts';
import type { ImageUpdater } from './read.ts';
import { findRefWriteBack } from './ref-write-back.ts';
import type { Claim } from './select.ts';
import { remarkUnverified } from './verification.ts';

type Content = NonNullable<ImageUpdater['content']>;

/**
 * The images of an Application under the reference that won it. A reference that cannot be used stops its images, and
 * no other one takes the Application over, as upstream would let it (reference part 1, defect 2): a slip in the strict
 * policy of production must not hand it to the loose one of everything else.
 */
export function applyClaim(
  application: Application,
  { updater, ref }: Claim,
  settings: AnnotationSettings,
): ReadImages {
  const { content } = updater;
  // What is wrong with the object is reported once, with the object.
  if (!content) return { images: [], failedImages: [], failures: [], warnings: [], written: [] };
  if (content.spec.applicationRefs[ref.index]?.useAnnotations) {
    return applyAnnotations(application, updater, content, ref.index, settings);
  }
  return applyImages(application, updater, content, ref.index, settings);
}

function applyAnnotations(
  application: Application,
  { title, origin }: ImageUpdater,
  { spec, switches, pullRequest }: Content,
  index: number,
  settings: AnnotationSettings,
): ReadImages {
  const read = readAnnotations(application, settings, { switches, pullRequest });
  const [unverified] = remarkUnverified(spec, index);
  if (!unverified || read.images.length === 0) return read;
  return {
    ...read,
    images: read.images.map(heldUnverified),
    warnings: [problemIn(title, origin, unverified), ...read.warnings],
  };
}

function applyImages(
  application: Application,
  updater: ImageUpdater,
  { spec, switches, pullRequest }: Content,
  index: number,
  settings: AnnotationSettings,
): ReadImages {
  const { namespace } = application;
  const writtenBack = findRefWriteBack(spec, index, [findPullRequest(application.annotations), pullRequest]);
  const writeBack = readWriteBack(writtenBack, {
    namespace,
    fallback: settings.writeBackDefault,
    reachesApplications: settings.reachesApplications ?? false,
  });
  const images = readRefImages(spec, index);
  const read = images.map((image, at) => {
    const { suspended, allowDowngrade } = readSwitches(application.annotations, image.alias, switches);
    const written = { ...image.policy, suspended, allowDowngrade };
    return readOne({ application, settings, image, written, writeBack, unverified: remarkUnverified(spec, index, at) });
  });
  const strays = findStrayKeys(
    application.annotations,
    images.map(({ alias }) => alias),
    'images',
  );
  const problemOf = (remark: Remark) => problemAbout(application, updater, remark);
  return {
    images: read.flatMap(({ tracked }) => tracked ?? []),
    failedImages: read.flatMap(({ image, remarks: [first] }) => (first ? [failed(image, problemOf(first))] : [])),
    failures: uniqueProblems([...read.flatMap(({ remarks }) => remarks), ...strays].map(problemOf)),
    warnings: uniqueProblems(read.flatMap(({ advice }) => advice.map(problemOf))),
    written: read.map(({ image: { path, keys, image: name }, written: policy, tracked }) => {
      const { title, origin } = updater;
      const names = keys.ok ? writtenAt([...path, 'manifestTargets'], keys.value) : undefined;
      const image = name.ok ? name.value : undefined;
      return { object: title, owner: title, origin, image, policy, names, writeBack: writtenBack, tracked };
    }),
  };
}

interface Parts {
  readonly application: Application;
  readonly settings: AnnotationSettings;
  readonly image: RefImage;
  readonly written: WrittenPolicy;
  readonly writeBack: Checked<WriteBack>;
  readonly unverified: readonly Remark[];
}

interface ReadOne {
  readonly image: RefImage;
  readonly written: WrittenPolicy;
  /** Undefined when there are remarks. */
  readonly tracked: TrackedImage | undefined;
  readonly remarks: readonly Remark[];
  readonly advice: readonly Remark[];
}

function readOne({ application, settings, image, written, writeBack, unverified }: Parts): ReadOne {
  const { alias, image: name, keys } = image;
  const { namespace, annotations } = application;
  const policy = readPolicy(written, { namespace, defaultPlatforms: settings.defaultPlatforms });
  const advice = [...adviseOn(written), ...unverified];
  const misplaced = keys.ok && writeBack.ok ? refuseMisplacedPlugin(image, keys.value, writeBack.value) : [];
  const handoffOnly = readHandoffOnly(annotations);
  if (!name.ok || !policy.ok || !keys.ok || !writeBack.ok || !handoffOnly.ok || misplaced.length > 0) {
    const remarks = [...remarksOf([name, ...(name.ok ? [policy] : []), keys, writeBack, handoffOnly]), ...misplaced];
    return { image, written, tracked: undefined, remarks, advice };
  }
  const source = readSourceName(annotations, alias);
  const tracked: TrackedImage = {
    application,
    alias,
    image: name.value,
    ...policy.value,
    keys: keys.value,
    ...(source === undefined ? {} : { source }),
    ...(handoffOnly.value ? { handoffOnly: true } : {}),
    writeBack: writeBack.value,
  };
  return { image, written, tracked: unverified.length > 0 ? heldUnverified(tracked) : tracked, remarks: [], advice };
}

function heldUnverified(tracked: TrackedImage): TrackedImage {
  return { ...tracked, policy: { ...tracked.policy, mustBeVerified: true } };
}

/** A plugin's variables live in the override file only. */
function refuseMisplacedPlugin({ path }: RefImage, keys: TargetKeys, { target }: WriteBack): readonly Remark[] {
  if (!isPluginImage(keys) || target.kind === 'argocd-source' || target.kind === 'application') return [];
  const written = writtenAt([...path, 'manifestTargets', 'plugin'], keys);
  const problem = `is written to the override file, but writeBackTarget is ${target.kind}`;
  return [remarkOn(written, 'CONFIG_INVALID', problem, 'remove writeBackTarget, or write helm or kustomize here')];
}

function failed({ alias, image, imageName, policy }: RefImage, problem: Problem): UnreadImage {
  const unnamed: ImageName = { registry: '', repository: imageName };
  return { alias, image: image.ok ? image.value : unnamed, strategy: strategyName(policy), problem };
}

/** Most is said by the object, which may select hundreds of Applications; the rest by the Application's annotations. */
function problemAbout(application: Application, { title, origin }: ImageUpdater, remark: Remark): Problem {
  const isAnnotation = remark.path?.[0] === 'metadata';
  return isAnnotation
    ? problemIn(applicationId(application), application.origin, remark)
    : problemIn(title, origin, remark);
}
