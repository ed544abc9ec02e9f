import { describe, expect, test } from 'vitest';
import { fileTreeOf } from '../../test/support/file-tree.ts';
import { Failure } from '../core/failure.ts';
import type { PathRequest } from './file-plan.ts';
import { parseImageArgument } from './image-argument.ts';
import { planSetImage } from './set-image.ts';

const DIGEST = `sha256:${'0123456789abcdef'.repeat(4)}`;

type Options = Partial<Pick<PathRequest, 'path' | 'keys' | 'container'>> & { readonly allowMissing?: boolean };

function planFor(files: Readonly<Record<string, string>>, args: string, options: Options = {}) {
  const images = args.split(' ').map((text) => {
    const argument = parseImageArgument(text);
    if (!argument.ok) throw new Error(argument.problem);
    return argument.value;
  });
  const { allowMissing = false, path = Object.keys(files)[0] ?? '', keys = {}, ...rest } = options;
  return planSetImage({ paths: [{ path, images, keys, ...rest }], allowMissing }, fileTreeOf(files));
}

/** The text of the one file after an edit, which is asked for again and must come out the same. */
async function setIn(
  before: string,
  args: string,
  options: Options & { readonly file?: string } = {},
): Promise<string> {
  const { file = 'app.yaml' } = options;
  const plan = await planFor({ [file]: before }, args, options);
  const after = plan.files[0]?.after ?? before;
  const again = await planFor({ [file]: after }, args, options);
  expect(again.files.map((one) => one.after)).toEqual(plan.files.map((one) => one.after));
  expect(again.files.flatMap(({ changes }) => changes)).toEqual([]);
  return after;
}

async function failureOf(work: Promise<unknown>): Promise<Failure> {
  const error = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (error instanceof Failure) return error;
  throw new Error('it did not fail', { cause: error });
}

const pod = (image: string) =>
  ['    spec:', '      containers:', '        - name: app', `          image: ${image}`].join('\n');

describe('the containers of every kind of workload', () => {
  for (const [kind, before] of Object.entries({
    Deployment: `apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n  template:\n${pod('acme/web:1.0 # why')}\n`,
    StatefulSet: `apiVersion: apps/v1\nkind: StatefulSet\nspec:\n  template:\n${pod('"acme/web:1.0"')}\n`,
    DaemonSet: `apiVersion: apps/v1\nkind: DaemonSet\nspec:\n  template:\n${pod("'acme/web:1.0'")}\n`,
    ReplicaSet: `apiVersion: apps/v1\nkind: ReplicaSet\nspec:\n  template:\n${pod('acme/web:1.0')}\n`,
    Job: `apiVersion: batch/v1\nkind: Job\nspec:\n  template:\n${pod('acme/web:1.0')}\n`,
    CronJob: `apiVersion: batch/v1\nkind: CronJob\nspec:\n  jobTemplate:\n    spec:\n      template: {spec: {containers: [{name: app, image: acme/web:1.0}]}}\n`,
    Pod: 'apiVersion: v1\nkind: Pod\nspec:\n  containers:\n  - image: acme/web:1.0\n',
    'init container': 'apiVersion: v1\nkind: Pod\nspec:\n  initContainers:\n  - image: acme/web:1.0\n',
    'ephemeral container': 'apiVersion: v1\nkind: Pod\nspec:\n  ephemeralContainers:\n  - image: acme/web:1.0\n',
    'Argo Rollout': `apiVersion: argoproj.io/v1alpha1\nkind: Rollout\nspec:\n  template:\n${pod('acme/web:1.0')}\n`,
    'Knative Service': `apiVersion: serving.knative.dev/v1\nkind: Service\nspec:\n  template:\n${pod('acme/web:1.0')}\n`,
    'List of objects':
      'apiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: Pod\n  spec:\n    containers:\n    - image: acme/web:1.0\n',
    'object in JSON': '{"apiVersion": "v1", "kind": "Pod", "spec": {"containers": [{"image": "acme/web:1.0"}]}}\n',
    'second document':
      'apiVersion: v1\nkind: Service\n---\n# two\napiVersion: v1\nkind: Pod\nspec:\n  containers:\n  - image: acme/web:1.0\n',
    'document behind an empty one':
      '---\n---\napiVersion: v1\nkind: Pod\nspec:\n  containers:\n  - image: acme/web:1.0\n',
    'file with CRLF': 'apiVersion: v1\r\nkind: Pod\r\nspec:\r\n  containers:\r\n  - image: acme/web:1.0\r\n',
  })) {
    test(kind, async () => {
      expect(await setIn(before, 'acme/web:1.1')).toBe(before.replace('acme/web:1.0', 'acme/web:1.1'));
    });
  }
});

describe('what an argument makes of the image of a container', () => {
  const manifest = (image: string) =>
    `apiVersion: v1\nkind: Pod\nspec:\n  containers:\n  - name: app\n    image: ${image}\n`;
  for (const [before, args, after, why] of [
    ['acme/web:1', 'acme/web:2', 'acme/web:2', 'another tag'],
    ['acme/web', 'acme/web:2', 'acme/web:2', 'a tag where none was'],
    ['acme/web:1', `acme/web@${DIGEST}`, `acme/web@${DIGEST}`, 'a digest replaces the tag, as in kustomize'],
    [`acme/web:1@${DIGEST}`, 'acme/web:2', 'acme/web:2', 'a tag replaces the digest'],
    ['acme/web:1', `acme/web:2@${DIGEST}`, `acme/web:2@${DIGEST}`, 'both'],
    ['acme/web:1', 'acme/web=host:5000/web', 'host:5000/web:1', 'only a name keeps the tag'],
    ['host:5000/web:1', 'host:5000/web=ghcr.io/web:2', 'ghcr.io/web:2', 'a registry with a port'],
    ['acme/web:1', 'acme/web=*:2', 'acme/web:2', 'the name is kept'],
    ['acme/web:1', 'acme/web=ghcr.io/web:*', 'ghcr.io/web:1', 'the tag is kept'],
    ['ghcr.io/web:1', 'acme/web=ghcr.io/web:2', 'ghcr.io/web:2', 'the name that the last build has set'],
    ['acme/web:1', '*=*:2', 'acme/web:2', 'every image'],
    ['acme/web:1', 'acme/.*=*:2', 'acme/web:2', 'an expression, as in kustomize'],
    ['acme/web:1', 'acme/web:2 acme/web:3', 'acme/web:3', 'the last one counts'],
    ['acme/web:1', 'acme/web=b:2 b:3', 'b:3', 'one after the other'],
  ] as const) {
    test(`${before} by ${args}: ${why}`, async () => {
      expect(await setIn(manifest(before), args)).toBe(manifest(after));
    });
  }

  for (const [before, args] of [
    ['library/nginx:1', 'nginx:2'],
    ['acme/web-admin:1', 'acme/web:2'],
    ['docker.io/acme/web:1', 'acme/web:2'],
  ] as const) {
    test(`${before} is not meant by ${args}`, async () => {
      const failure = await failureOf(planFor({ 'pod.yaml': manifest(before) }, args));
      expect(failure).toMatchObject({ code: 'IMAGE_NOT_FOUND', message: expect.stringContaining(before) });
    });
  }
});

describe('anchors', () => {
  const containers = (lines: string) =>
    `apiVersion: v1\nkind: Pod\nmetadata:\n  labels: {a: &image acme/web:1}\nspec:\n  containers:\n${lines}`;

  test('an image that is an alias is written out', async () => {
    const before = containers('  - image: *image\n');
    expect(await setIn(before, 'acme/web:2')).toBe(before.replace('*image', 'acme/web:2'));
  });

  test('an alias follows the image that it stands for', async () => {
    const before = 'apiVersion: v1\nkind: Pod\nspec:\n  containers:\n  - image: &i acme/web:1\n  - image: *i\n';
    expect(await setIn(before, 'acme/web:2')).toBe(before.replace('acme/web:1', 'acme/web:2'));
  });

  test('a merged image is changed where it is written', async () => {
    const before =
      'apiVersion: v1\nkind: Pod\nspec:\n  containers:\n  - &c {name: a, image: acme/web:1}\n  - <<: *c\n    name: b\n';
    expect(await setIn(before, 'acme/web:2')).toBe(before.replace('acme/web:1', 'acme/web:2'));
    const failure = await failureOf(planFor({ 'pod.yaml': before }, 'acme/web:2', { container: 'b' }));
    expect(failure.code).toBe('TARGET_REFUSED');
  });

  test('aliases without end are refused', async () => {
    const levels = Array.from(
      { length: 30 },
      (_, level) => `  a${level + 1}: &a${level + 1} [*a${level}, *a${level}]`,
    ).join('\n');
    const before = `apiVersion: v1\nkind: Pod\nspec:\n  a0: &a0 [x]\n${levels}\n`;
    expect(await failureOf(planFor({ 'pod.yaml': before }, 'acme/web:2'))).toMatchObject({ code: 'TARGET_UNREADABLE' });
  });
});

test('a container by its name', async () => {
  const before =
    'apiVersion: v1\nkind: Pod\nspec:\n  containers:\n  - {name: a, image: web:1}\n  - {name: b, image: web:1}\n';
  expect(await setIn(before, 'web:2', { container: 'b' })).toBe(before.replace('b, image: web:1', 'b, image: web:2'));
  expect(await failureOf(planFor({ 'pod.yaml': before }, 'web:2', { container: 'c' }))).toMatchObject({
    code: 'IMAGE_NOT_FOUND',
    message: expect.stringContaining('container named c'),
  });
});
