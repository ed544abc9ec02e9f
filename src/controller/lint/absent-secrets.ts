import type { ImageUpdater } from '../../config/image-updater/read.ts';
import { problemIn } from '../../config/problem.ts';
import type { WrittenImage } from '../../config/read-images.ts';
import type { Remark } from '../../config/remark.ts';
import { remarkOn, type Written, writtenAt } from '../../config/written.ts';
import { parseCredentialSource } from '../../core/credentials/credential-source.ts';
import type { Problem } from '../../core/failure.ts';
import type { FieldPath } from '../../core/field-path.ts';
import type { KeyValueObject } from '../../core/objects/key-value-object.ts';
import { isUntyped } from '../../core/untyped.ts';
import { problemOf } from './written-image.ts';

/** A Secret that something refers to, and one of its fields where that matters. */
interface SecretName {
  readonly namespace: string;
  readonly name: string;
  readonly field?: string;
}

/** Where somebody refers to a Secret. */
export interface SecretReference extends SecretName {
  readonly written: Written<unknown>;
}

/**
 * What is wrong with a reference, by the Secrets that were given. A namespace of which none was given is not judged:
 * Secrets are seldom kept beside everything else.
 */
export function secretJudge(secrets: readonly KeyValueObject[]): (reference: SecretReference) => readonly Remark[] {
  const namespaces = Map.groupBy(secrets, ({ namespace }) => namespace);
  return ({ namespace, name, field, written }) => {
    const neighbours = namespaces.get(namespace);
    if (!neighbours) return [];
    const secret = neighbours.find((one) => one.name === name);
    const fix = `create it, or correct the name; in ${namespace} there are ${neighbours.map((one) => one.name).join(', ')}`;
    if (!secret) return [absent(written, `there is no Secret ${namespace}/${name} among what was given`, fix)];
    const fields = Object.keys(secret.data);
    // Values that somebody encrypted (sops) could not be decoded, and their fields are not known.
    if (field === undefined || fields.length === 0 || fields.includes(field)) return [];
    return [
      absent(written, `the Secret ${namespace}/${name} has no field ${field}`, `name one of ${fields.join(', ')}`),
    ];
  };
}

function absent(written: Written<unknown>, problem: string, fix: string): Remark {
  return remarkOn(written, 'CREDENTIALS_INVALID', problem, fix);
}

/** Secrets that images refer to: to read their registry, and to write to Git. */
export function absentSecretsOfImages(
  images: readonly WrittenImage[],
  secrets: readonly KeyValueObject[],
): readonly Problem[] {
  const judge = secretJudge(secrets);
  return images.flatMap((image) =>
    secretReferencesOf(image)
      .flatMap(judge)
      .map((remark) => problemOf(image, remark)),
  );
}

/** The Secrets that an image names. */
export function secretReferencesOf({
  policy: { pullSecret },
  writeBack: { method },
  tracked,
}: WrittenImage): readonly SecretReference[] {
  const [namespace = '', name = ''] = tracked?.writeBack.secret?.split('/') ?? [];
  return [
    ...(pullSecret ? credentialReferences(pullSecret) : []),
    ...(method && name !== '' ? [{ namespace, name, written: method }] : []),
  ];
}

/** The Secret in upstream's credential text; none for other kinds of credentials. */
export function credentialReferences(written: Written): readonly SecretReference[] {
  const source = parseCredentialSource(written.value);
  if (!source.ok || !('namespace' in source.value)) return [];
  return [{ ...source.value, written }];
}

/** Secrets with the keys of signatures, which stand on three levels of an ImageUpdater. */
export function absentKeysOf(
  updaters: readonly ImageUpdater[],
  secrets: readonly KeyValueObject[],
): readonly Problem[] {
  const judge = secretJudge(secrets);
  return updaters.flatMap(({ title, origin, namespace, content }) => {
    const blocks = content ? keyBlocks(content.spec, ['spec']) : [];
    return blocks
      .flatMap(({ path, name, field }) => judge({ namespace, name, field, written: writtenAt(path, name) }))
      .map((remark) => problemIn(title, origin, remark));
  });
}

interface KeyBlock {
  readonly path: FieldPath;
  readonly name: string;
  readonly field: string;
}

function keyBlocks(value: unknown, path: FieldPath): readonly KeyBlock[] {
  if (Array.isArray(value)) return value.flatMap((item, index) => keyBlocks(item, [...path, index]));
  if (!isUntyped(value)) return [];
  return Object.entries(value).flatMap(([key, inner]) => {
    if (key !== 'cosignKey' || !isUntyped(inner)) return keyBlocks(inner, [...path, key]);
    const { secretName, key: field } = inner;
    const isComplete = typeof secretName === 'string' && typeof field === 'string';
    return isComplete ? [{ path: [...path, key, 'secretName'], name: secretName, field }] : [];
  });
}
