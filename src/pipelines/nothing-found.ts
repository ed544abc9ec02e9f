import { Failure } from '../core/failure.ts';
import { nearest } from '../core/nearest.ts';
import type { PathRequest } from './file-plan.ts';
import type { ImageArgument } from './image-argument.ts';

/** What was looked at in one file. */
export interface Looked {
  readonly request: PathRequest;
  readonly plan: { readonly found: ReadonlySet<ImageArgument>; readonly present: readonly string[] };
}

const NAMED_AT_MOST = 10;

/**
 * Every argument has to find something in one of its paths, and every path has to have something for one of them.
 * @throws {Failure} IMAGE_NOT_FOUND, which names what is there
 */
export function checkFound(requests: readonly PathRequest[], looked: readonly Looked[]): void {
  const found = new Set(looked.flatMap(({ plan }) => [...plan.found]));
  for (const request of requests) {
    const here = looked.filter((one) => one.request === request);
    const missing = request.images.filter((argument) => !found.has(argument));
    const isVoid = here.every(({ plan }) => plan.found.size === 0);
    if (missing.length > 0 || isVoid) throw nothingFound(request, missing.length > 0 ? missing : request.images, here);
  }
}

function nothingFound(
  { path, container }: PathRequest,
  missing: readonly ImageArgument[],
  here: readonly Looked[],
): Failure {
  const present = [...new Set(here.flatMap(({ plan }) => plan.present))];
  const names = missing.map(({ name }) => name).join(', ');
  const where = container === undefined ? '' : ` in a container named ${container}`;
  const there = present.length === 0 ? 'no image is there' : `there is ${someOf(present)}`;
  return new Failure('IMAGE_NOT_FOUND', `nothing to set for ${names}${where}: ${there}`, {
    fix: adviceOn(missing, present),
    object: path,
  });
}

/** The image that was meant: one with the same last part of its name, or a slip away. */
function adviceOn(missing: readonly ImageArgument[], present: readonly string[]): string {
  const tail = (text: string) => text.slice(text.lastIndexOf('/') + 1).replace(/[:@].*$/, '');
  for (const { name } of missing) {
    const meant = present.find((image) => tail(image) === tail(name)) ?? nearest(name, present);
    if (meant !== undefined) return `name it as it is there, as in ${meant}=IMAGE, or give --allow-missing`;
  }
  return 'name an image that is there, or another path, or give --allow-missing';
}

function someOf(present: readonly string[]): string {
  const rest = present.length - NAMED_AT_MOST;
  return `${present.slice(0, NAMED_AT_MOST).join(', ')}${rest > 0 ? ` (and ${rest} more)` : ''}`;
}
