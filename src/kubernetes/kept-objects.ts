import type { AppProject } from '../core/applications/app-project.ts';
import type { Application } from '../core/applications/application.ts';
import type { ImageUpdaterObject } from '../core/objects/image-updater-object.ts';
import type { KeyValueObject } from '../core/objects/key-value-object.ts';
import { parseAppProject } from '../core/objects/parse-app-project.ts';
import { parseApplication } from '../core/objects/parse-application.ts';
import { parseImageUpdater } from '../core/objects/parse-image-updater.ts';
import { parseSecret } from '../core/objects/parse-key-values.ts';
import { parseRollout } from '../core/objects/parse-rollout.ts';
import { type Parsed, parsed } from '../core/parsed.ts';
import { openSharing } from '../core/sharing.ts';
import { mappingAt, textAt, type Untyped } from '../core/untyped.ts';
import type { RolloutObserver } from '../ports/observers.ts';

/** What is kept of an object; what cannot be read is kept as the problem that it is. */
export type Kept<T> = Parsed<T> & { readonly uid: string };

// The namespace is always there in a cluster.
const NOWHERE = '';

/** A copy of the whole object, which kubectl leaves there: often larger than the rest. */
const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration';

const share = openSharing();

/** @param observer  told of what changes too often to be kept */
export function keepApplication(object: Untyped, observer?: RolloutObserver): Kept<Application> {
  const application = parseApplication(object, NOWHERE);
  if (!application.ok) return withUid(object, application);
  observer?.rolloutSeen(parseRollout(object, application.value));
  const { [LAST_APPLIED]: _, ...annotations } = application.value.annotations;
  return withUid(object, parsed(share({ ...application.value, annotations })));
}

export function keepImageUpdater(object: Untyped): Kept<ImageUpdaterObject> {
  return withUid(object, parseImageUpdater(object, NOWHERE));
}

/** The status is written by ourselves, which is no news. */
export function tellingOfImageUpdater(kept: Kept<ImageUpdaterObject>): unknown {
  if (!kept.ok || kept.value.live === undefined) return kept;
  const { status: _, ...live } = kept.value.live;
  return { ...kept.value, live };
}

export function keepAppProject(object: Untyped): Kept<AppProject> {
  return withUid(object, parseAppProject(object, NOWHERE));
}

/** What is not base64 in a Secret of the API server's is no text, and of no use to us. */
export function keepSecret(object: Untyped): Kept<KeyValueObject> {
  const read = parseSecret(object, NOWHERE);
  return withUid(object, read.ok ? parsed(read.value.secret) : read);
}

function withUid<T>(object: Untyped, read: Parsed<T>): Kept<T> {
  return { ...read, uid: textAt(mappingAt(object, 'metadata'), 'uid') ?? '' };
}
