import type { WrittenImage } from '../../config/read-images.ts';
import { remarkOn, type Written } from '../../config/written.ts';
import type { Judge } from '../../core/deciding/strategy.ts';
import type { Problem } from '../../core/failure.ts';
import { disallows, ignores } from './impossible-rules.ts';
import { judgeOf, problemOf } from './written-image.ts';

/** What one image makes of a setting: why it plays no part there, or undefined where it does. */
interface Use {
  readonly image: WrittenImage;
  readonly written: Written<unknown>;
  readonly pointless: string | undefined;
}

/**
 * Settings that are read and change nothing. One that several images share, because it stands above them, is pointless
 * only when it plays a part in none of them.
 */
export function pointlessSettings(images: readonly WrittenImage[]): readonly Problem[] {
  const uses = images.flatMap((image) => [...usesOfPolicy(image), ...usesOfWriteBack(image), ...usesOfNames(image)]);
  return [...Map.groupBy(uses, placeOf).values()].flatMap(([first, ...others]) => {
    if (first?.pointless === undefined || others.some(({ pointless }) => pointless === undefined)) return [];
    const { image, written, pointless } = first;
    return [problemOf(image, remarkOn(written, 'SETTING_UNUSED', pointless, 'remove it'))];
  });
}

function placeOf({ image: { owner, object, origin }, written }: Use): string {
  const { line, column } = origin?.positionOf(written.path) ?? {};
  // A line may hold a whole image list, whose images have a constraint each.
  return JSON.stringify([origin?.file ?? owner, line, column, written.key, written.key === 'image-list' && object]);
}

function usesOfPolicy(image: WrittenImage): readonly Use[] {
  const { constraint, platforms, allowTags, ignoreTags } = image.policy;
  const judge = judgeOf(image);
  const use = (written: Written<unknown> | undefined, pointless: string | undefined): readonly Use[] =>
    written ? [{ image, written, pointless }] : [];
  if (!judge) return [platforms, allowTags, ignoreTags].flatMap((written) => use(written, undefined));
  const { strategy } = judge;
  return [
    ...use(
      constraint.value === undefined ? undefined : constraint,
      strategy.readsConstraint ? undefined : `"${constraint.value}" plays no part under the strategy ${strategy.id}`,
    ),
    ...use(platforms, strategy.needs === 'tags' ? `platforms play no part under ${strategy.id}` : undefined),
    ...use(allowTags, allowsAll(allowTags) ?? nothingToFilter(allowTags, judge, disallows(image.policy, judge.only))),
    ...use(
      ignoreTags,
      ignoresNone(ignoreTags) ?? nothingToFilter(ignoreTags, judge, ignores(image.policy, judge.only)),
    ),
  ];
}

/** `any` takes back what a level above says; where none says anything it is what holds anyway. */
function allowsAll(written: Written | undefined): string | undefined {
  if (!written || written.replaces || !['', 'any'].includes(written.value.toLowerCase())) return undefined;
  return 'every tag is allowed anyway';
}

/** Of the two ends: that nothing is ignored, and that everything is, by which upstream's users switch an image off. */
function ignoresNone(written: Written<readonly string[]> | undefined): string | undefined {
  if (written?.value.some((pattern) => /^\*+$/.test(pattern))) {
    return 'it ignores every tag; to hold an image use tiphys.dev/suspend';
  }
  return written && !written.replaces && written.value.length === 0 ? 'it ignores nothing' : undefined;
}

/**
 * One tag alone takes part. A filter may still stand there to take back one above it, and one that drops the tag is an
 * error.
 */
function nothingToFilter(written: Written<unknown> | undefined, judge: Judge, drops: boolean): string | undefined {
  const { strategy, only } = judge;
  if (only === undefined || drops || written?.replaces) return undefined;
  return `the strategy ${strategy.id} follows the one tag ${only}, so that there is nothing to filter`;
}

function usesOfWriteBack(image: WrittenImage): readonly Use[] {
  const { method, branch, repository } = image.writeBack;
  const pointless =
    method?.value === 'argocd' ? 'it is for the write-back method git, and the method is argocd' : undefined;
  return [branch, repository].flatMap((written) => (written ? [{ image, written, pointless }] : []));
}

/** The names under which the target of another tool would hold the image. */
function usesOfNames(image: WrittenImage): readonly Use[] {
  const { tracked, names } = image;
  if (!tracked || !names) return [];
  const { helmName, helmTag, helmSpec, kustomizeName } = names.value;
  const { kind } = tracked.writeBack.target;
  const use = (pointless: string): readonly Use[] => [{ image, written: names, pointless }];
  if (kind === 'kustomization' && (helmName ?? helmTag ?? helmSpec) !== undefined) {
    return use('Helm names play no part in a kustomization');
  }
  if (kind === 'helmvalues' && kustomizeName !== undefined) {
    return use('the name of Kustomize plays no part in a file of Helm values');
  }
  if (helmSpec !== undefined && (helmName ?? helmTag) !== undefined) {
    return use(`beside ${helmSpec} for the whole image, other Helm names of it play no part`);
  }
  return [];
}
