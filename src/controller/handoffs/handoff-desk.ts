import { applicationId } from '../../core/applications/application.ts';
import { meetsRequirement } from '../../core/applications/label-selector.ts';
import {
  type HandoffState,
  type HandoffTarget,
  type StandingTarget,
  stateOfAll,
} from '../../core/handoff/operation.ts';
import { mayMove } from '../../core/handoff/rules.ts';
import { formatImageName, sameImage } from '../../core/reference.ts';
import type { TrackedImage } from '../../core/tracked-image.ts';
import type { FollowedTarget, HandoffDesk, HandoffRequest, HandoffStore } from '../../ports/handoffs.ts';
import type { Survey } from '../survey.ts';

/**
 * The same targets in the same order, with what their Applications have come to since they were committed. What keeps one
 * from being asked is a reason, never thrown.
 */
export type Follow = (targets: readonly StandingTarget[], signal: AbortSignal) => Promise<readonly FollowedTarget[]>;

export interface DeskParts {
  readonly store: HandoffStore;
  /** A survey that is a few seconds old will do. */
  readonly survey: (signal: AbortSignal) => Promise<Pick<Survey, 'configuration'>>;
  /** Asks for looks at Applications, by their "namespace/name", where this replica has any to do. */
  readonly ask: (targets: readonly HandoffTarget[]) => void;
  /** How roll-outs go on; undefined where nobody can tell. */
  readonly follow: Follow | undefined;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

const MOST_TARGETS = 1_000;

export function openHandoffDesk({ store, survey, ask, follow, now }: DeskParts): HandoffDesk {
  return {
    async submit(request, signal) {
      const { configuration } = await survey(signal);
      const targets = targetsOf(
        request,
        configuration.configured.flatMap(({ images }) => images),
      );
      if (targets === undefined) return { kind: 'forbidden' };
      if (targets.length > MOST_TARGETS) return { kind: 'too-many', most: MOST_TARGETS };
      const { grant, images: _, applications: __, labels: ___, ...handoff } = request;
      const submission = await store.submit({ ...handoff, order: grant.order, targets }, now());
      if (submission.kind === 'accepted' && submission.isNew) ask(targets);
      return submission;
    },
    async find(id, isOwn, signal) {
      const stored = await store.find(id);
      if (stored === undefined || !isOwn(stored)) return undefined;
      const { targets, isFollowed } = await followed(stored.targets, follow, signal);
      // What has ended stays so, whatever becomes of the Application later.
      const ended = targets.filter(({ state }, index) => hasEnded(state) && stored.targets[index]?.state !== state);
      if (ended.length > 0)
        await store.settle(
          ended.map((one) => ({ ...one, handoff: id, written: undefined })),
          now(),
        );
      return { ...stored, targets, isFinal: isFinal(stateOfAll(targets), isFollowed) };
    },
  };
}

async function followed(targets: readonly StandingTarget[], follow: Follow | undefined, signal: AbortSignal) {
  if (follow) return { targets: await follow(targets, signal), isFollowed: true };
  return { targets: targets.map((target) => ({ ...target, health: null })), isFollowed: false };
}

function hasEnded(state: HandoffState): boolean {
  return state === 'healthy' || state === 'failed';
}

/** What waits for a person, a merge or another look may still become something else. */
function isFinal(state: HandoffState, isFollowed: boolean): boolean {
  switch (state) {
    case 'accepted':
    case 'held':
    case 'pull-request':
    case 'synced':
      return false;
    case 'committed':
      return !isFollowed;
    case 'failed':
    case 'refused':
    case 'superseded':
    case 'healthy':
      return true;
    default:
      return state satisfies never;
  }
}

/** The images of Applications that are meant; undefined when any of what is asked for may not be moved, or is nowhere. */
function targetsOf(
  { grant, images, applications, labels }: HandoffRequest,
  tracked: readonly TrackedImage[],
): readonly HandoffTarget[] | undefined {
  const isNamed = (name: string, { application }: TrackedImage) =>
    name === applicationId(application) || name === application.name;
  const movable = tracked.filter(
    (one) =>
      images.some(({ image }) => sameImage(image, one.image)) &&
      labels.every((requirement) => meetsRequirement(one.application.labels, requirement)) &&
      (applications === undefined || applications.some((name) => isNamed(name, one))) &&
      mayMove(grant.rules, one.application),
  );
  const isEverythingThere =
    images.every(({ image }) => movable.some((one) => sameImage(image, one.image))) &&
    (applications ?? []).every((name) => movable.some((one) => isNamed(name, one)));
  if (!isEverythingThere) return undefined;
  return movable.flatMap(({ application, alias, image }) =>
    images
      .filter((handedOff) => sameImage(handedOff.image, image))
      .map(({ tag, digest }) => ({
        application: applicationId(application),
        alias,
        image: formatImageName(image),
        tag,
        digest,
      })),
  );
}
