import { isMoved, versionText } from '../core/image-updater-status.ts';
import { parseImageIdentifier } from '../core/reference.ts';
import type { ItemReport } from '../core/report.ts';
import { oneLine } from '../core/untrusted-text.ts';
import type { ClusterEvent } from '../ports/cluster.ts';

const MOST_MESSAGE = 1_000;
// The API server takes no more than 256 KiB of annotations, and an image can need a kilobyte of them.
const MOST_IMAGES = 200;

/**
 * The Events that tell what became of images: one of upstream's for all that were moved in one Application, with its
 * annotations (reference part 2, 1.7), and one of ours for each image that is proposed, held or fails.
 * @param news  items whose state has changed
 */
export function changeEvents(news: readonly ItemReport[]): readonly ClusterEvent[] {
  const byApplication = [...Map.groupBy(news, ({ application }) => application)];
  return byApplication.flatMap(([application, items]) => {
    const moved = items.filter(isMoved);
    const others = items.filter((item) => !isMoved(item));
    return [...(moved.length > 0 ? [movedEvent(application, moved)] : []), ...others.map(otherEvent)];
  });
}

function movedEvent(application: string, items: readonly ItemReport[]): ClusterEvent {
  const object = keyOf(application);
  return {
    kind: 'Application',
    object,
    type: 'Normal',
    reason: 'ImagesUpdated',
    message: `Successfully updated application '${object.name}'`,
    annotations: Object.fromEntries(items.slice(0, MOST_IMAGES).flatMap(annotationsOf)),
  };
}

function annotationsOf({ image, from, to }: ItemReport, index: number): readonly [string, string][] {
  const prefix = `argocd-image-updater.image-${index}`;
  return [
    [`${prefix}/full-image-name`, image],
    [`${prefix}/image-name`, parseImageIdentifier(image).repository],
    [`${prefix}/old-tag`, versionText(from)],
    [`${prefix}/new-tag`, versionText(to)],
  ];
}

function otherEvent(item: ItemReport): ClusterEvent {
  const { application, alias, from, to, rule, reason, pullRequest } = item;
  const about = { kind: 'Application', object: keyOf(application) } as const;
  const step = `${alias}: ${versionText(from) || 'nothing'} -> ${versionText(to) || 'nothing'}`;
  if (item.outcome === 'failed') {
    const message = oneLine(`${alias}: ${reason} (${rule})`, MOST_MESSAGE);
    return { ...about, type: 'Warning', reason: 'ImageUpdateFailed', message };
  }
  if (item.outcome === 'held') {
    const message = oneLine(`${step} is held (${rule}): ${reason}`, MOST_MESSAGE);
    return { ...about, type: 'Normal', reason: 'ImageUpdateHeld', message };
  }
  const message = oneLine(`${step} is proposed: ${pullRequest?.url ?? pullRequest?.title ?? ''}`, MOST_MESSAGE);
  return { ...about, type: 'Normal', reason: 'ImageUpdateProposed', message };
}

function keyOf(application: string): ClusterEvent['object'] {
  const [namespace = '', name = ''] = application.split('/');
  return { namespace, name };
}
