import { type Parsed, parsed, unparsable } from '../parsed.ts';
import { mappingAt, textAt, textMapAt, textsAt, type Untyped } from '../untyped.ts';
import type { ImageUpdaterObject } from './image-updater-object.ts';
import { parseObjectName } from './object-name.ts';

const API_VERSION = 'argocd-image-updater.argoproj.io/v1alpha1';

/**
 * An ImageUpdater's metadata, beside its spec as it is.
 * @param defaultNamespace the namespace of an object that names none
 */
export function parseImageUpdater(object: Untyped, defaultNamespace: string): Parsed<ImageUpdaterObject> {
  const apiVersion = textAt(object, 'apiVersion');
  if (textAt(object, 'kind') === undefined) return unparsable('kind is missing; write ImageUpdater');
  if (apiVersion === undefined) return unparsable(`apiVersion is missing; write ${API_VERSION}`);
  if (apiVersion !== API_VERSION) return unparsable(`there is no apiVersion ${apiVersion}; write ${API_VERSION}`);
  const named = parseObjectName(object, defaultNamespace);
  if (!named.ok) return named;
  const metadata = mappingAt(object, 'metadata');
  const creationTimestamp = textAt(metadata, 'creationTimestamp');
  return parsed({
    ...named.value,
    annotations: textMapAt(metadata, 'annotations'),
    ...(creationTimestamp ? { creationTimestamp } : {}),
    spec: object['spec'],
    ...parseLive(object, metadata),
  });
}

/** Only the API server gives a uid. */
function parseLive(object: Untyped, metadata: Untyped): Pick<ImageUpdaterObject, 'live'> {
  const uid = textAt(metadata, 'uid');
  if (uid === undefined) return {};
  const live = {
    uid,
    generation: Number(textAt(metadata, 'generation') ?? 0),
    finalizers: textsAt(metadata, 'finalizers'),
    isBeingDeleted: textAt(metadata, 'deletionTimestamp') !== undefined,
    status: object['status'],
  };
  return { live };
}
