import { type Application, applicationId } from '../core/application.ts';
import type { Problem } from '../core/failure.ts';
import type { Platform } from '../core/platform.ts';
import { formatImageName, type ImageName } from '../core/reference.ts';
import type { TrackedImage, WriteBack } from '../core/tracked-image.ts';
import { findOwn, findStrayKeys, hasOurKeys, keyOf, SETTINGS, type StrayKey } from './annotation-keys.ts';
import { type ImageList, type ListedImage, parseImageList } from './image-list.ts';
import { readAdvice, readImageSettings, strategyName } from './image-policy.ts';
import { type Checked, type Remark, remarksOf } from './remark.ts';
import { readWriteBack } from './write-back.ts';

/** What the command line says for all Applications. */
export interface AnnotationSettings {
  /** For images that name no platforms; empty means any. */
  readonly defaultPlatforms: readonly Platform[];
  /** Fills in a missing write-back method, and never overrides one. */
  readonly writeBackDefault: 'git' | undefined;
}

/** An image of the list that cannot go on, with the first thing that stands in its way. */
interface FailedImage {
  readonly alias: string;
  readonly image: ImageName;
  /** The strategy's name; as written where there is none of that name. */
  readonly strategy: string;
  readonly problem: Problem;
}

export interface AnnotatedImages {
  readonly images: readonly TrackedImage[];
  readonly failedImages: readonly FailedImage[];
  /** Everything that is wrong, each once, that of `failedImages` included. */
  readonly failures: readonly Problem[];
  readonly warnings: readonly Problem[];
}

/**
 * An Application's annotations as tracked images: each with its policy, or with what is wrong. Nothing is silently
 * replaced by a default; an image with a bad setting stops, and the others go on. Two images of one alias both stop,
 * because both read the same keys. An Application without any of our keys is not ours and yields nothing at all.
 */
export function readAnnotations(application: Application, settings: AnnotationSettings): AnnotatedImages {
  const { annotations } = application;
  const text = findOwn(annotations, SETTINGS.imageList, undefined)?.text;
  if (text === undefined) return withoutList(application);
  const list = parseImageList(text);
  const aliases = list.images.flatMap(({ keyAlias }) => keyAlias ?? []);
  const strays = findStrayKeys(annotations, aliases);
  const writeBack = readWriteBack(application, settings.writeBackDefault);
  const read = list.images.map((listed) => readImage({ application, settings, list, strays, writeBack }, listed));
  const ofApplication = [...remarksOnList(list), ...strays.filter(({ alias }) => alias === undefined)];
  return {
    images: read.flatMap(({ tracked }) => tracked),
    failedImages: read.flatMap(({ failed }) => failed),
    failures: unique([
      ...ofApplication.map((remark) => problemOf(application, remark)),
      ...read.flatMap(({ problems }) => problems),
    ]),
    warnings: unique(
      list.images.flatMap((listed) =>
        readAdvice(annotations, listed).map((remark) => problemOf(application, remark, listed)),
      ),
    ),
  };
}

/**
 * No list, nothing to do. Keys without a list are often left over from one that was taken away on purpose, so they
 * only warn; a misspelt key may be the list itself.
 */
function withoutList(application: Application): AnnotatedImages {
  const strays = findStrayKeys(application.annotations, []).filter(({ code }) => code === 'CONFIG_UNKNOWN_KEY');
  const noList: Remark = {
    code: 'CONFIG_INVALID',
    message: `there is no ${keyOf(SETTINGS.imageList)}, so that the other annotations do nothing`,
    fix: 'list the images to update, or remove the other annotations',
    scope: 'application',
  };
  return {
    images: [],
    failedImages: [],
    failures: strays.map((stray) => problemOf(application, stray)),
    warnings: hasOurKeys(application.annotations) ? [problemOf(application, noList)] : [],
  };
}

/** What an image's own settings are read beside. */
interface Context {
  readonly application: Application;
  readonly settings: AnnotationSettings;
  readonly list: ImageList;
  readonly strays: readonly StrayKey[];
  readonly writeBack: Checked<WriteBack>;
}

/** One image's way through: it is either tracked or failed. */
interface ReadImage {
  readonly tracked: readonly TrackedImage[];
  readonly failed: readonly FailedImage[];
  readonly problems: readonly Problem[];
}

function readImage({ application, settings, list, strays, writeBack }: Context, listed: ListedImage): ReadImage {
  const { alias, image, keyAlias } = listed;
  const own = readImageSettings(application, listed, settings.defaultPlatforms);
  const beside = [
    ...duplicates(listed, list),
    ...strays.filter((stray) => stray.alias !== undefined && stray.alias === keyAlias),
  ];
  if (own.ok && writeBack.ok && beside.length === 0) {
    const tracked = { application, alias, image, ...own.value, writeBack: writeBack.value };
    return { tracked: [tracked], failed: [], problems: [] };
  }
  const remarks = [...beside, ...remarksOf([own, writeBack])];
  const problems = remarks.map((remark) => problemOf(application, remark, listed));
  const strategy = strategyName(application.annotations, listed);
  const failed = problems.slice(0, 1).map((problem) => ({ alias, image, strategy, problem }));
  return { tracked: [], failed, problems };
}

function remarksOnList({ images, broken }: ImageList): readonly Remark[] {
  const remarks = broken.map(({ message, fix }) => listRemark(message, fix));
  if (images.length > 0 || broken.length > 0) return remarks;
  return [listRemark(`${keyOf(SETTINGS.imageList)} names no image`, 'name the images to update, or remove it')];
}

function listRemark(message: string, fix: string): Remark {
  return { code: 'CONFIG_INVALID', message, fix, scope: 'application' };
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
    },
  ];
}

function problemOf(application: Application, remark: Remark, listed?: ListedImage): Problem {
  const id = applicationId(application);
  const { code, message, fix, scope } = remark;
  return { code, object: listed && scope === 'image' ? `${id} ${listed.alias}` : id, message, fix };
}

/** One setting of the Application can stand in the way of many images, and is one problem all the same. */
function unique(problems: readonly Problem[]): readonly Problem[] {
  return [...new Map(problems.map((problem) => [JSON.stringify(problem), problem])).values()];
}
