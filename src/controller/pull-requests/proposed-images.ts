import type { Change } from '../../core/change.ts';
import type { PlannedChanges } from '../changes.ts';
import { identify, isFileChange, isInFile, type LocatedImage, type Stage } from '../items.ts';
import type { ProposedImage } from './groups.ts';

/**
 * Every image whose changes are proposed, with its change where there is one. Those that ended early are among them:
 * that they do not move says nothing about what is proposed already.
 */
export function proposedImages(located: Stage<LocatedImage>, planned: PlannedChanges): readonly ProposedImage[] {
  const ends = new Map(planned.images.map((image) => [image.tracked, image]));
  const unread = new Set(located.failed.map(({ identity }) => identity.application));
  return located.images.filter(isInFile).flatMap(({ tracked, place }): ProposedImage[] => {
    const setting = tracked.writeBack.pullRequest;
    if (!setting) return [];
    const end = ends.get(tracked);
    const change = end && planned.changes.get(end);
    const isJudged = end !== undefined && !UNJUDGED.includes(end.decision.rule);
    return [
      {
        tracked,
        place: end && isInFile(end) ? end.place : place,
        setting,
        change: change && isFileChange(change) ? change : undefined,
        reason: end?.decision.reason ?? '',
        isCertain: isJudged && !unread.has(identify(tracked).application),
      },
    ];
  });
}

/** What is decided without a choice says nothing of what was proposed before. */
const UNJUDGED: readonly string[] = ['suspicious-list', 'handoff-only'];

export function isProposed({ tracked }: Change): boolean {
  return tracked.writeBack.pullRequest !== undefined;
}
