import type { Application } from '../core/applications/application.ts';
import type { ImageUpdaterObject } from '../core/objects/image-updater-object.ts';
import { isUntyped } from '../core/untyped.ts';
import type { ObjectKey } from '../ports/cluster.ts';

const NAME = '[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?';
/** `pullsecret:ns/name`, `secret:ns/name#field`, `git:secret:ns/name`; and `git:secret:name`, in the object's namespace. */
const REFERENCE = new RegExp(`\\b(?:pullsecret|secret):(?:(${NAME})/)?(${NAME})`, 'g');
const WITHOUT_NAMESPACE = /^git:/;

/** Prefixes of the annotations that configure images. */
const OURS = /^(?:argocd-image-updater\.argoproj\.io|tiphys\.dev)\//;

/** The Secrets that an Application's annotations name. */
export function secretsOfApplication({ namespace, annotations }: Application): readonly ObjectKey[] {
  const ours = Object.entries(annotations).filter(([key]) => OURS.test(key));
  return ours.flatMap(([, text]) => secretsIn(text, namespace));
}

/** The Secrets that an ImageUpdater's spec names, wherever it does. */
export function secretsOfImageUpdater({ namespace, spec }: ImageUpdaterObject): readonly ObjectKey[] {
  return textsIn(spec).flatMap((text) => secretsIn(text, namespace));
}

/** The Secrets that a text names; without a namespace of its own only credentials of Git may be. */
export function secretsIn(text: string, namespace: string | undefined): readonly ObjectKey[] {
  return [...text.matchAll(REFERENCE)].flatMap(([, within, name]) => {
    const place = within ?? (WITHOUT_NAMESPACE.test(text) ? namespace : undefined);
    return place === undefined || name === undefined ? [] : [{ namespace: place, name }];
  });
}

function textsIn(value: unknown): readonly string[] {
  if (typeof value === 'string') return [value];
  if (Array.isArray(value)) return value.flatMap(textsIn);
  return isUntyped(value) ? Object.values(value).flatMap(textsIn) : [];
}
