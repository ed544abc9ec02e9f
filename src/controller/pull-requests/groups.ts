import type { Problem } from '../../core/failure.ts';
import type { PullRequestSetting } from '../../core/pull-requests/pull-request.ts';
import { proposalBranch } from '../../core/pull-requests/pull-request-branch.ts';
import { groupText } from '../../core/pull-requests/pull-request-group.ts';
import { describeBranch, withoutCredentials } from '../../core/redact.ts';
import type { TrackedImage } from '../../core/tracked-image.ts';
import type { OwnedBranchRef, Tree } from '../../ports/git.ts';
import { type FileChange, type FilePlace, identify, itemObject, type LocatedImage } from '../items.ts';

/** An image whose changes are proposed, with its change where it moves. */
export interface ProposedImage extends LocatedImage {
  readonly place: FilePlace;
  readonly setting: PullRequestSetting;
  readonly change: FileChange | undefined;
  /** Why its version was chosen. */
  readonly reason: string;
  /** False where it could not be judged this time. */
  readonly isCertain: boolean;
}

/** Images that share a pull request. */
export interface ProposalGroup {
  /** The request's branch; the base is resolved, never "HEAD". */
  readonly branch: OwnedBranchRef;
  /** The base's head. */
  readonly tree: Tree;
  readonly images: readonly ProposedImage[];
  readonly setting: GroupSetting;
}

/** What the members of a group say together. */
export type GroupSetting = Omit<PullRequestSetting, 'group'>;

export interface Grouped {
  readonly groups: readonly ProposalGroup[];
  /** Images whose group cannot be told. */
  readonly failed: ReadonlyMap<TrackedImage, Problem>;
}

/** Every group that is configured, also those in which nothing moves: their requests may have to be closed. */
export function groupProposals(images: readonly ProposedImage[]): Grouped {
  const failed = new Map<TrackedImage, Problem>();
  const members = images.flatMap((image) => {
    const branch = branchOf(image);
    if (branch.kind === 'none') return [];
    if (branch.kind === 'named') return [{ image, branch: branch.ref }];
    const object = itemObject(identify(image.tracked));
    const fix = 'correct tiphys.dev/pull-request.group';
    failed.set(image.tracked, { code: 'CONFIG_INVALID', object, message: branch.problem, fix });
    return [];
  });
  const grouped = [...Map.groupBy(members, ({ branch }) => branchId(branch)).values()];
  const groups = grouped.flatMap((same): ProposalGroup[] => {
    const [first] = same;
    if (!first) return [];
    const own = same.map(({ image }) => image);
    const setting = joined(own.map((image) => image.setting));
    if (setting === undefined) {
      for (const { tracked } of own) failed.set(tracked, twoForges(first.branch));
      return [];
    }
    return [{ branch: first.branch, tree: first.image.place.tree, images: own, setting }];
  });
  return { groups, failed };
}

/** Tells branches of requests apart, and those who may write them. */
export function branchId({ repoURL, branch, writeBranch, secret, project }: OwnedBranchRef): string {
  return JSON.stringify([repoURL, branch, writeBranch, secret, project]);
}

type NamedBranch =
  | { readonly kind: 'named'; readonly ref: OwnedBranchRef }
  /** A template names it by what moves, and nothing does. */
  | { readonly kind: 'none' }
  | { readonly kind: 'failed'; readonly problem: string };

function branchOf(image: ProposedImage): NamedBranch {
  const { tracked, place, setting } = image;
  const { writeBranch, ...base } = place.branch;
  const ref = { ...base, branch: place.tree.branch };
  if (isTemplated(image)) {
    return writeBranch === undefined ? { kind: 'none' } : { kind: 'named', ref: { ...ref, writeBranch } };
  }
  const repoURL = withoutCredentials(ref.repoURL);
  const group = groupText(setting.group, { application: tracked.application, branch: ref.branch, repoURL });
  if (!group.ok)
    return { kind: 'failed', problem: `the template of pull requests' groups names none: ${group.problem}` };
  // Whoever writes with other credentials has a branch of their own: nobody proposes with those of somebody else.
  const scope = setting.group.kind === 'application' ? '' : JSON.stringify([ref.project, ref.secret ?? '']);
  return {
    kind: 'named',
    ref: { ...ref, writeBranch: proposalBranch({ repoURL, base: ref.branch, group: group.value, scope }) },
  };
}

/** Whether the branch is named by a template, which may give another name for other versions. */
export function isTemplated({ tracked }: LocatedImage): boolean {
  return tracked.writeBack.writeBranchTemplate !== undefined;
}

/** Everybody's wishes together; merging is as careful as the most careful wants it. Undefined: two forges are named. */
function joined(settings: readonly PullRequestSetting[]): GroupSetting | undefined {
  const forges = new Set(settings.map(({ forge }) => forge).filter((forge) => forge !== 'auto'));
  if (forges.size > 1) return undefined;
  const [forge = 'auto'] = forges;
  const merges = new Set(settings.map(({ autoMerge }) => autoMerge));
  const [autoMerge = 'off'] = merges;
  return {
    forge,
    labels: unique(settings, 'labels'),
    reviewers: unique(settings, 'reviewers'),
    assignees: unique(settings, 'assignees'),
    draft: settings.some(({ draft }) => draft),
    autoMerge: merges.size === 1 ? autoMerge : 'off',
  };
}

function unique(settings: readonly PullRequestSetting[], key: 'labels' | 'reviewers' | 'assignees'): readonly string[] {
  return [...new Set(settings.flatMap((setting) => setting[key]))].sort();
}

function twoForges({ repoURL, writeBranch }: OwnedBranchRef): Problem {
  return {
    code: 'CONFIG_CONFLICT',
    object: describeBranch(repoURL, writeBranch),
    message: 'Applications that share the pull request name two forges for it',
    fix: 'name the same forge in tiphys.dev/pull-request, or give them groups of their own',
  };
}
