import { openYaml } from '../../core/edits/yaml-file.ts';
import type { EnvironmentImage } from '../../core/environment-diff.ts';
import { Failure } from '../../core/failure.ts';
import { formatKustomizeImage, parseKustomizeImage } from '../../core/kustomize-image.ts';
import { parseApplication } from '../../core/objects/parse-application.ts';
import { imageKeys, isImageKey, type StatedKey } from '../set-image/kinds/value-places.ts';

/**
 * What an Application says itself (its overrides, Helm parameters and values), and what Argo CD says that it runs. An
 * image of both counts as it is overridden.
 * @param object as plain data
 * @param shown the file or Application, as a person knows it
 * @throws {Failure} APPLICATION_INVALID
 */
export function imagesOfApplication(object: unknown, shown: string): readonly EnvironmentImage[] {
  // No name is asked for, so that the namespace does not matter.
  const application = parseApplication(object, 'argocd');
  if (!application.ok) {
    throw new Failure('APPLICATION_INVALID', application.problem, { fix: 'correct the Application', object: shown });
  }
  const { sources, status } = application.value;
  const overrides = sources.flatMap(({ kustomize }) => (kustomize?.images ?? []).map(overrideImage));
  const overridden = new Set(overrides.flatMap(({ name, image }) => [name, nameOf(image)]));
  const running = status.images.map((image) => ({ name: nameOf(image), image }));
  const keys = sources.flatMap(({ helm }): readonly StatedKey[] => [
    ...(helm?.parameters ?? []).flatMap(({ name, value }) => (isImageKey(name) ? [{ key: name, text: value }] : [])),
    ...(helm?.values === undefined ? [] : keysOfText(helm.values)),
  ]);
  return [
    ...overrides,
    ...running.filter(({ name }) => !overridden.has(name)),
    // Parameters win over values.
    ...keys.filter(({ key }, index) => keys.findIndex((other) => other.key === key) === index).map(stated),
  ];
}

function overrideImage(text: string): EnvironmentImage {
  const { name, ...image } = parseKustomizeImage(text);
  return { name: name ?? image.newName, image: formatKustomizeImage(image) };
}

export function nameOf(image: string): string {
  return parseKustomizeImage(image).newName;
}

/** The keys of Helm values that look as if they stated an image. */
export function keysOfText(text: string): readonly StatedKey[] {
  const yaml = openYaml(text);
  return yaml.ok ? imageKeys(yaml.value) : [];
}

/** A key in the place of an image. */
export function stated({ key, text }: StatedKey): EnvironmentImage {
  return { name: key, image: text };
}
