import type { Problem } from '../../../core/failure.ts';
import { type FieldPath, formatFieldPath } from '../../../core/field-path.ts';
import type { Origin } from '../../../core/origin.ts';
import { mappingAt, textAt, type Untyped } from '../../../core/untyped.ts';

/** A manifest among the input, whatever it is. */
export interface GivenManifest {
  /** "group/Kind". */
  readonly groupKind: string;
  readonly object: Untyped;
  readonly origin: Origin;
}

/** One of Flux's objects for image automation. */
export interface FluxObject {
  /** "ImagePolicy flux-system/podinfo". */
  readonly title: string;
  readonly namespace: string;
  readonly name: string;
  readonly spec: Untyped;
  readonly origin: Origin;
}

export interface FluxObjects {
  readonly repositories: readonly FluxObject[];
  readonly policies: readonly FluxObject[];
  readonly automations: readonly FluxObject[];
}

const GROUP = 'image.toolkit.fluxcd.io';

/** The objects of Flux's image automation, in all of its API versions. */
export function readFluxObjects(manifests: readonly GivenManifest[]): FluxObjects {
  const ofKind = (kind: string) =>
    manifests.filter(({ groupKind }) => groupKind === `${GROUP}/${kind}`).map((manifest) => fluxObject(kind, manifest));
  return {
    repositories: ofKind('ImageRepository'),
    policies: ofKind('ImagePolicy'),
    automations: ofKind('ImageUpdateAutomation'),
  };
}

function fluxObject(kind: string, { object, origin }: GivenManifest): FluxObject {
  const metadata = mappingAt(object, 'metadata');
  const [namespace = '', name = ''] = [textAt(metadata, 'namespace'), textAt(metadata, 'name')];
  const title = `${kind} ${[namespace, name].filter(Boolean).join('/')}`;
  return { title, namespace, name, spec: mappingAt(object, 'spec'), origin };
}

/** The object of a name; one that says no namespace may be in any. */
export function findObject(objects: readonly FluxObject[], namespace: string, name: string): FluxObject | undefined {
  const named = objects.filter((object) => object.name === name);
  return named.find((object) => object.namespace === namespace) ?? named.find((object) => object.namespace === '');
}

/** What a field of an object says cannot be said here. */
export function problemAt(object: FluxObject, path: FieldPath, message: string, fix: string): Problem {
  return {
    code: 'CONFIG_INVALID',
    object: object.title,
    message: `${formatFieldPath(path)}: ${message} (${placeOf(object, path)})`,
    fix,
    location: { origin: object.origin, path },
  };
}

/** "flux/policies.yaml:12". */
export function placeOf({ origin }: FluxObject, path: FieldPath = []): string {
  return `${origin.file}:${origin.positionOf(path).line}`;
}
