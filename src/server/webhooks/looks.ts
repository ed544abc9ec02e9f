import { type LookLimits, paceLooks } from '../../core/look-pacing.ts';
import { canonicalName, type ImageName } from '../../core/reference.ts';
import type { RepositoryIndex } from '../../core/repository-index.ts';
import type { LookRequests, PushOutcome } from '../../ports/look-requests.ts';

export interface PacedLooks extends LookRequests, Disposable {}

/** A repository is looked at every ten seconds at most; one kind of sender may cause 100 looks, then five a second. */
const LOOK_LIMITS: LookLimits = { pauseMs: 10_000, perKind: { burst: 100, everyMs: 200 } };

const HOUR_MS = 3_600_000;

/** Upstream's limit, so many webhooks in an hour, spaced evenly; 0 for none. */
export function limitedTo(allowedPerHour: number): LookLimits {
  if (allowedPerHour === 0) return LOOK_LIMITS;
  return { ...LOOK_LIMITS, total: { burst: 1, everyMs: HOUR_MS / allowedPerHour } };
}

/**
 * Turns pushes into looks: none for a repository that nobody uses, and no more for one in use than the limits allow.
 * Disposing it forgets what still waits.
 * @param used read at each push, so that it may change
 * @param look called once for each look
 */
export function openLooks(
  used: () => RepositoryIndex,
  look: (image: ImageName) => void,
  limits: LookLimits,
): PacedLooks {
  const pacing = paceLooks(limits);
  /** The repositories that wait, by their canonical names. */
  const waiting = new Map<string, ImageName>();
  let timer: NodeJS.Timeout | undefined;
  const wake = () => {
    for (const name of pacing.due(performance.now())) {
      const image = waiting.get(name);
      waiting.delete(name);
      if (image) look(image);
    }
    setAlarm();
  };
  const setAlarm = () => {
    clearTimeout(timer);
    const nextMs = pacing.nextMs();
    // It may fire too early: a timer cannot wait for weeks, and is a moment off. Then it is set again.
    if (nextMs === undefined) return;
    const waitMs = Math.min(Math.max(1, nextMs - performance.now()), HOUR_MS);
    timer = setTimeout(wake, waitMs).unref();
  };
  const ask = (image: ImageName, kind: string): PushOutcome => {
    const name = canonicalName(image);
    const paced = pacing.ask(name, kind, performance.now());
    if (paced.kind === 'joined') return 'joined';
    if (paced.kind === 'now') {
      look(image);
      return 'look';
    }
    waiting.set(name, image);
    setAlarm();
    return 'delayed';
  };
  return {
    repositoryPushed(event, kind) {
      const outcomes = used()(event).map((image) => ask(image, kind));
      return (['look', 'delayed', 'joined'] as const).find((outcome) => outcomes.includes(outcome)) ?? 'unused';
    },
    [Symbol.dispose]: () => clearTimeout(timer),
  };
}
