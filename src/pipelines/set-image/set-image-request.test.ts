import { expect, test } from 'vitest';
import { memoryTree } from '../../../test/support/memory-tree.ts';
import { treeFiles } from './repository/tree-files.ts';
import { type AskedImages, readRequest } from './set-image-request.ts';

const tree = treeFiles(memoryTree({ 'k8s/kustomization.yaml': '', 'helm/values.yaml': '' }));
const asked = (images: readonly string[], more: Partial<AskedImages> = {}) =>
  readRequest({ images, filenames: [], keys: {}, container: undefined, allowMissing: false, ...more }, tree);

for (const [images, filenames, expected, why] of [
  [['a:1', 'b:2', 'k8s'], [], ['k8s'], 'the last argument is a folder'],
  [['a:1', 'k8s/kustomization.yaml'], [], ['k8s/kustomization.yaml'], 'the last argument is a file'],
  [['a:1', 'k8s'], ['helm'], ['helm', 'k8s'], 'both count'],
  [['a:1'], [], ['.'], 'nothing says where'],
] as const) {
  test(`${images.join(' ')} ${filenames.map((path) => `-f ${path}`).join(' ')}: ${why}`, async () => {
    const { paths } = await asked(images, { filenames });
    expect(paths.map(({ path }) => path)).toEqual(expected);
    for (const path of paths)
      expect(path.images.map(({ text }) => text)).toEqual(images.filter((one) => /:/.test(one)));
  });
}

for (const [images, message, fix] of [
  [['a:1', 'helm', 'k8s'], '"helm" is only a name', 'only the last argument can be a path; name each path with -f'],
  [['a:1', 'k8'], '"k8" is only a name', 'there is no such file or folder'],
  [['a:1', ''], '"" is only a name', 'there is no such file or folder'],
  [['k8s'], 'no image is named', 'name an image before the path, as in NAME=IMAGE:TAG'],
] as const) {
  test(`${JSON.stringify(images)} is refused: ${message}`, async () => {
    await expect(asked(images)).rejects.toMatchObject({
      code: 'SETTING_INVALID',
      message: expect.stringContaining(message),
      fix: expect.stringContaining(fix),
    });
  });
}
