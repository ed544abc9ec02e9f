import { type Application, applicationId } from '../../core/applications/application.ts';
import { type Problem, uniqueProblems } from '../../core/failure.ts';
import type { Platform } from '../../core/platform.ts';
import { formatImageName } from '../../core/reference.ts';
import type { TrackedImage, WriteBack } from '../../core/tracked-image.ts';
import { problemIn } from '../problem.ts';
import { findPullRequest, type WrittenPullRequest } from '../pull-request.ts';
import type { ReadImages, UnreadImage, WrittenImage } from '../read-images.ts';
import { type Checked, type Remark, remarksOf } from '../remark.ts';
import { NO_SWITCHES, readHandoffOnly, type Switches } from '../switches.ts';
import { readWriteBack, type WrittenWriteBack } from '../write-back.ts';
import {
  type Annotations,
  find,
  findOwn,
  findStrayKeys,
  firstOurKey,
  keyOf,
  keyPath,
  SETTINGS,
  type Setting,
  type StrayKey,
} from './annotation-keys.ts';
import { type ImageList, type ListedImage, parseImageList } from './image-list.ts';
import {
  findNames,
  findPolicy,
  listedStrategy,
  readAdvice,
  readImageSettings,
  readSourceName,
} from './image-policy.ts';

/** What the command line says for all Applications. */
export interface AnnotationSettings {
  /** For images that name no platforms; empty means any. */
  readonly defaultPlatforms: readonly Platform[];
  /** Fills in a missing write-back method, and never overrides one. */
  readonly writeBackDefault: WriteBack['method'] | undefined;
  /** Whether Applications can be written themselves; false when absent. */
  readonly reachesApplications?: boolean;
}

/** What the ImageUpdater that selects the Application says for all its images. */
interface Above {
  readonly switches: Switches;
  readonly pullRequest: WrittenPullRequest;
}

const NOTHING_ABOVE: Above = { switches: NO_SWITCHES, pullRequest: {} };

/**
 * An Application's annotations as tracked images: each with its policy, or with what is wrong. Nothing is silently
 * replaced by a default; an image with a bad setting stops, and the others go on. Two images of one alias both stop,
 * because both read the same keys. An Application without any of our keys is not ours and yields nothing at all.
 */
export function readAnnotations(
  application: Application,
  settings: AnnotationSettings,
  above: Above = NOTHING_ABOVE,
): ReadImages {
  const { annotations } = application;
  const text = findOwn(annotations, SETTINGS.imageList, undefined)?.value;
  if (text === undefined) return withoutList(application);
  const list = parseImageList(text);
  const aliases = list.images.flatMap(({ keyAlias }) => keyAlias ?? []);
  const strays = findStrayKeys(annotations, aliases);
  const writtenBack = findWriteBack(annotations, above.pullRequest);
  const writeBack = readWriteBack(writtenBack, {
    namespace: application.namespace,
    fallback: settings.writeBackDefault,
    reachesApplications: settings.reachesApplications ?? false,
  });
  const read = list.images.map((listed) =>
    readImage({ application, settings, above: above.switches, list, strays, writeBack }, listed),
  );
  const ofApplication = [...remarksOnList(list), ...strays.filter(({ alias }) => alias === undefined)];
  return {
    images: read.flatMap(({ tracked }) => tracked),
    failedImages: read.flatMap(({ failed }) => failed),
    failures: uniqueProblems([
      ...ofApplication.map((remark) => problemOf(application, remark)),
      ...read.flatMap(({ problems }) => problems),
    ]),
    warnings: uniqueProblems(
      list.images.flatMap((listed) =>
        readAdvice(annotations, listed).map((remark) => problemOf(application, remark, listed)),
      ),
    ),
    written: list.images.map((listed, index): WrittenImage => {
      return {
        object: `${applicationId(application)} ${listed.alias}`,
        owner: applicationId(application),
        origin: application.origin,
        image: listed.image,
        policy: findPolicy(annotations, listed),
        names: findNames(annotations, listed.keyAlias),
        writeBack: writtenBack,
        tracked: read[index]?.tracked[0],
      };
    }),
  };
}

/**
 * No list, nothing to do. Keys without a list are often left over from one that was taken away on purpose, so they
 * only warn; a misspelt key may be the list itself.
 */
function withoutList(application: Application): ReadImages {
  const strays = findStrayKeys(application.annotations, []).filter(({ code }) => code === 'CONFIG_UNKNOWN_KEY');
  const leftOver = firstOurKey(application.annotations);
  const noList = leftOver && {
    code: 'CONFIG_INVALID' as const,
    message: `there is no ${keyOf(SETTINGS.imageList)}, so that the other annotations do nothing`,
    fix: 'list the images to update, or remove the other annotations',
    scope: 'application' as const,
    path: keyPath(leftOver),
  };
  return {
    images: [],
    failedImages: [],
    failures: strays.map((stray) => problemOf(application, stray)),
    warnings: noList ? [problemOf(application, noList)] : [],
    written: [],
  };
}

/** What an image's own settings are read beside. */
interface Context {
  readonly application: Application;
  readonly settings: AnnotationSettings;
  readonly above: Switches;
  readonly list: ImageList;
  readonly strays: readonly StrayKey[];
  readonly writeBack: Checked<WriteBack>;
}

/** One image's way through: it is either tracked or failed. */
interface ReadImage {
  readonly tracked: readonly TrackedImage[];
  readonly failed: readonly UnreadImage[];
  readonly problems: readonly Problem[];
}

function readImage({ application, settings, above, list, strays, writeBack }: Context, listed: ListedImage): ReadImage {
  const { alias, image, keyAlias } = listed;
  const own = readImageSettings(application, listed, { ...settings, above });
  const beside = [
    ...duplicates(listed, list),
    ...strays.filter((stray) => stray.alias !== undefined && stray.alias === keyAlias),
  ];
  const handoffOnly = readHandoffOnly(application.annotations);
  if (own.ok && writeBack.ok && handoffOnly.ok && beside.length === 0) {
    const source = readSourceName(application.annotations, keyAlias);
    const tracked = {
      application,
      alias,
      image,
      ...own.value,
      ...(source === undefined ? {} : { source }),
      ...(handoffOnly.value ? { handoffOnly: true as const } : {}),
      writeBack: writeBack.value,
    };
    return { tracked: [tracked], failed: [], problems: [] };
  }
  const remarks = [...beside, ...remarksOf([own, writeBack, handoffOnly])];
  const problems = remarks.map((remark) => problemOf(application, remark, listed));
  const strategy = listedStrategy(application.annotations, listed);
  const failed = problems.slice(0, 1).map((problem) => ({ alias, image, strategy, problem }));
  return { tracked: [], failed, problems };
}

function findWriteBack(annotations: Annotations, above: WrittenPullRequest): WrittenWriteBack {
  const own = (setting: Setting) => find(annotations, setting, undefined);
  return {
    methodKey: keyOf(SETTINGS.writeBackMethod),
    method: own(SETTINGS.writeBackMethod),
    target: own(SETTINGS.writeBackTarget),
    branch: own(SETTINGS.gitBranch),
    repository: own(SETTINGS.gitRepository),
    pullRequest: [findPullRequest(annotations), above],
  };
}

function remarksOnList({ images, broken }: ImageList): readonly Remark[] {
  const remarks = broken.map(({ message, fix }) => listRemark(message, fix));
  if (images.length > 0 || broken.length > 0) return remarks;
  return [listRemark(`${keyOf(SETTINGS.imageList)} names no image`, 'name the images to update, or remove it')];
}

function listRemark(message: string, fix: string): Remark {
  return { code: 'CONFIG_INVALID', message, fix, scope: 'application', path: keyPath(keyOf(SETTINGS.imageList)) };
}

function duplicates(listed: ListedImage, { images }: ImageList): readonly Remark[] {
  const nameInKeys = ({ alias, keyAlias = alias }: ListedImage): string => keyAlias;
  const same = images.filter((other) => nameInKeys(other) === nameInKeys(listed));
  if (same.length === 1) return [];
  const names = same.map(({ image }) => formatImageName(image)).join(', ');
  return [
    {
      code: 'DUPLICATE_ALIAS',
      message: `image-list has the alias "${listed.alias}" ${same.length} times, for ${names}`,
      fix: 'give each of them an alias of its own',
      scope: 'image',
      path: keyPath(keyOf(SETTINGS.imageList)),
    },
  ];
}

function problemOf(application: Application, remark: Remark, listed?: ListedImage): Problem {
  const id = applicationId(application);
  const object = listed && remark.scope === 'image' ? `${id} ${listed.alias}` : id;
  return problemIn(object, application.origin, remark);
}
