import { Failure } from '../../core/failure.ts';
import { parseKustomizeImage } from '../../core/kustomize-image.ts';
import { nearest } from '../../core/nearest.ts';
import type { FilePlan, PathRequest } from './file-plan.ts';
import type { ImageArgument } from './image-argument.ts';

/** What was looked at in one file. */
export interface Looked extends Pick<FilePlan, 'found' | 'present'> {
  readonly request: PathRequest;
  readonly missing: FilePlan['missing'];
  /** What to do where it alone was met, and is looked at only on demand: a chart's values. */
  readonly advice?: string;
}

const NAMED_AT_MOST = 10;

/**
 * Every argument has to find something in one of its paths, and every path has to have something for one of them.
 * @param passedOver  sentences about files in which it may stand
 * @throws {Failure} IMAGE_NOT_FOUND, which names what is there
 */
export function checkFound(
  requests: readonly PathRequest[],
  looked: readonly Looked[],
  passedOver: readonly string[],
): void {
  const found = new Set(looked.flatMap(({ found }) => [...found]));
  for (const request of requests) {
    const here = looked.filter((one) => one.request === request);
    const missing = request.images.filter((argument) => !found.has(argument));
    const isVoid = here.every((one) => one.found.size === 0);
    if (missing.length > 0 || isVoid)
      throw nothingFound(request, missing.length > 0 ? missing : request.images, here, passedOver);
  }
}

function nothingFound(
  { path, container }: PathRequest,
  missing: readonly ImageArgument[],
  here: readonly Looked[],
  passedOver: readonly string[],
): Failure {
  const told = here.find((one) => one.missing)?.missing;
  if (told) return new Failure('IMAGE_NOT_FOUND', told.message, { fix: told.fix, object: path });
  const present = [...new Set(here.flatMap((one) => one.present))];
  const names = missing.map(({ name }) => name).join(', ');
  const where = container === undefined ? '' : ` in a container named ${container}`;
  const there = present.length === 0 ? 'no image is there' : `there is ${someOf(present)}`;
  const advice = present.length === 0 ? here.find((one) => one.advice)?.advice : undefined;
  const fix = `${advice ?? adviceOn(missing, present)}, or give --allow-missing`;
  const message = [`nothing to set for ${names}${where}`, there, ...passedOver].join('; ');
  return new Failure('IMAGE_NOT_FOUND', message, { fix, object: path });
}

/** The image that was meant: one with the same last part of its name, or a slip away. */
function adviceOn(missing: readonly ImageArgument[], present: readonly string[]): string {
  const names = present.map((image) => parseKustomizeImage(image).newName);
  const tail = (name: string) => name.slice(name.lastIndexOf('/') + 1);
  for (const { name } of missing) {
    const meant = names.find((other) => tail(other) === tail(name)) ?? nearest(name, names);
    if (meant !== undefined && meant !== name) return `name it as it is there: ${meant}=IMAGE`;
  }
  return 'name an image that is there, or another path';
}

function someOf(present: readonly string[]): string {
  const rest = present.length - NAMED_AT_MOST;
  return `${present.slice(0, NAMED_AT_MOST).join(', ')}${rest > 0 ? ` (and ${rest} more)` : ''}`;
}
