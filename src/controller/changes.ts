import { parseBranch } from '../core/commits/branch-name.ts';
import { branchData, branchName } from '../core/commits/branch-name-template.ts';
import { templateChange } from '../core/commits/template-change.ts';
import type { Problem } from '../core/failure.ts';
import type { Template } from '../core/go-template/template.ts';
import { type Parsed, unparsable } from '../core/parsed.ts';
import { formatImageName } from '../core/reference.ts';
import {
  type DecidedImage,
  type FailedImage,
  type FilePlace,
  identify,
  isInFile,
  itemObject,
  type PlacedChange,
  type Stage,
} from './items.ts';

/** The images that go on, with the change of each that moves; and those whose branch cannot be named. */
export interface PlannedChanges extends Stage<DecidedImage> {
  readonly changes: ReadonlyMap<DecidedImage, PlacedChange>;
}

/**
 * A change for every image that moves. Templates of branch names are filled in here, as upstream from all changes of
 * one Application to one branch.
 */
export function planChanges(images: readonly DecidedImage[]): PlannedChanges {
  const moving = images.filter(({ decision }) => decision.outcome === 'update');
  const [inFiles, inApplications] = [moving.filter(isInFile), moving.filter((image) => !isInFile(image))];
  const groups = Map.groupBy(inFiles, ({ tracked, place: { branch } }) =>
    JSON.stringify([identify(tracked).application, branch.repoURL, branch.branch]),
  );
  const placed = [...groups.values()].map(nameBranch);
  const moved = [...placed.flatMap((group) => group.images), ...inApplications];
  return {
    images: [...images.filter(({ decision }) => decision.outcome !== 'update'), ...moved],
    changes: new Map(moved.flatMap((image) => changeOf(image).map((change) => [image, change]))),
    failed: placed.flatMap(({ failed }) => failed),
  };
}

function changeOf({ tracked, place, decision }: DecidedImage): PlacedChange[] {
  if (decision.outcome !== 'update') return [];
  const { target, wanted, stated } = place;
  return [{ tracked, place, target, wanted, stated, from: decision.from, to: decision.to }];
}

type InFile = DecidedImage & { readonly place: FilePlace };

function nameBranch(images: readonly InFile[]): Stage<DecidedImage> {
  const template = images[0]?.tracked.writeBack.writeBranchTemplate;
  if (!template) return { images, failed: [] };
  const name = filledIn(template, images);
  if (name.ok) return { images: images.map((image) => onBranch(image, name.value)), failed: [] };
  return { images: [], failed: images.map((image) => unnamed(image, name.problem)) };
}

function filledIn(template: Template, images: readonly DecidedImage[]): Parsed<string> {
  const named = branchName(template, branchData(images.flatMap(changeOf).map(asTemplatesSee)));
  if (named.kind === 'named') return parseBranch(named.name);
  return unparsable(named.kind === 'failed' ? named.problem.message : 'it gives no text');
}

/** Upstream shows an alias only where the image list has one. */
function asTemplatesSee({ tracked: { alias, image }, from, to }: PlacedChange) {
  return templateChange({ image, alias: alias === formatImageName(image) ? '' : alias, from, to });
}

function onBranch(image: InFile, writeBranch: string): DecidedImage {
  const { place } = image;
  const target = { ...place.target, branch: writeBranch };
  return { ...image, place: { ...place, target, branch: { ...place.branch, writeBranch } } };
}

function unnamed({ tracked, place, decision }: DecidedImage, why: string): FailedImage {
  const identity = identify(tracked);
  const problem: Problem = {
    code: 'CONFIG_INVALID',
    object: itemObject(identity),
    message: `the template of git-branch names no branch: ${why}`,
    fix: 'correct the template; tiphys template --kind branch shows what it gives',
  };
  return { identity, problem, place, decision };
}
