import { Failure } from '../../core/failure.ts';
import type { FileTree } from '../../ports/file-tree.ts';
import { type BuiltImage, completeArguments } from './env-file.ts';
import type { PathRequest, ValueKeys } from './file-plan.ts';
import { type ImageArgument, parseImageArgument } from './image-argument.ts';
import type { SetImageRequest } from './set-image.ts';

/** What a person asked for, as they wrote it. */
export interface AskedImages {
  /** `[NAME=]IMAGE`; the last one may be a path instead. */
  readonly images: readonly string[];
  readonly filenames: readonly string[];
  readonly keys: ValueKeys;
  readonly container: string | undefined;
  readonly allowMissing: boolean;
  /** What a build has written down, for what `images` leaves out. */
  readonly built?: BuiltImage | undefined;
  /** Paths with images of their own, from a file; then there is nothing else. */
  readonly releases?: readonly PathRequest[] | undefined;
}

/**
 * All images for each path. A last argument that is a file or folder is a path; without any path the tree's root, or
 * the working directory, is meant.
 * @throws {Failure} SETTING_INVALID for an argument that names no image, and what `tree` throws
 */
export async function readRequest(asked: AskedImages, tree: FileTree): Promise<SetImageRequest> {
  const { keys, container, allowMissing, built, releases } = asked;
  if (releases) return { paths: releases, allowMissing };
  const last = asked.images.at(-1);
  const isPath = last !== undefined && (await exists(last, tree));
  const texts = isPath ? asked.images.slice(0, -1) : asked.images;
  const filenames = isPath ? [...asked.filenames, last] : asked.filenames;
  const images = await Promise.all(
    (built ? completeArguments(texts, built) : texts).map((text) => readImage(text, tree)),
  );
  if (images.length === 0) {
    const fix = 'name an image before the path, as in NAME=IMAGE:TAG';
    throw new Failure('SETTING_INVALID', 'no image is named', { fix, object: last ?? 'IMAGE' });
  }
  const paths = (filenames.length === 0 ? ['.'] : filenames).map((path) => ({
    path,
    images,
    keys,
    ...(container === undefined ? {} : { container }),
  }));
  return { paths, allowMissing };
}

/** An empty variable names no path: not the working directory either. */
async function exists(path: string, tree: FileTree): Promise<boolean> {
  if (path === '') return false;
  return (await tree.read(path)) !== undefined || (await tree.list(path)) !== undefined;
}

async function readImage(text: string, tree: FileTree): Promise<ImageArgument> {
  const argument = parseImageArgument(text);
  if (argument.ok) return argument.value;
  const fix = (await exists(text, tree))
    ? 'only the last argument can be a path; name each path with -f'
    : 'write NAME=IMAGE:TAG, NAME:TAG or NAME@DIGEST; if it is meant as a path, there is no such file or folder';
  throw new Failure('SETTING_INVALID', argument.problem, { fix, object: 'IMAGE' });
}
